"""Bringing a certificate to the site's actuator: an A1 policy, followed to the receipt."""

from collections.abc import Callable
from typing import Any

from agents.service.a1 import A1Client
from contracts.activation import CERTIFICATE_POLICY_TYPE
from contracts.delivery import AWAITING_POLICY, certificate_digest, certificate_in
from contracts.errors import ExitCode, RanwrightError
from contracts.rpc import Client
from contracts.site import Site
from xapps.platform.home import RicHome

EXECUTE_TIMEOUT_S = 600.0


def carry_out(
    site: Site,
    name: str,
    policy: Any,
    on_event: Callable[[Any], None],
    timeout_s: float = EXECUTE_TIMEOUT_S,
) -> Any:
    """Have the certificate in a policy carried out, or hear how that goes on or how it ended.

    Nothing is done twice. The follower is there before the policy, so that it misses nothing and
    hears nothing stale. A policy that was refused is withdrawn before the refusal is told: nobody
    finds it later.

    Args:
        site: whose actuator.
        name: of the policy.
        policy: as :func:`contracts.delivery.certificate_policy`.
        on_event: hears ``{stage, kpm_time_ms, ...}``.
        timeout_s: without any news.

    Returns:
        The signed receipt, JSON form.

    Raises:
        RanwrightError: the actuator's refusal; ``ric.down``, ``a1.*`` or ``rpc.unreachable``: it
            may be under way, or be carried out yet.
    """
    with (
        A1Client(RicHome(site.ric)) as a1,
        Client(site.socket("actuator"), timeout_s) as actuator,
    ):

        def hear(event: Any) -> None:
            if event["stage"] == AWAITING_POLICY:
                a1.put(CERTIFICATE_POLICY_TYPE, name, policy)
            else:
                on_event(event)

        followed = {"envelope_digest": certificate_digest(certificate_in(policy))}
        try:
            return actuator.call("follow", followed, hear)
        except RanwrightError as error:
            if error.exit_code is not ExitCode.DEFECT:
                _withdraw(a1, name)
            raise


def withdraw(site: Site, name: str) -> None:
    """Remove a certificate's policy, where it is there; nothing on the network changes.

    Raises:
        RanwrightError: ``ric.down`` or ``a1.*``.
    """
    with A1Client(RicHome(site.ric)) as a1:
        _withdraw(a1, name)


def _withdraw(a1: A1Client, name: str) -> None:
    if name in a1.policies(CERTIFICATE_POLICY_TYPE):
        a1.delete(CERTIFICATE_POLICY_TYPE, name)
