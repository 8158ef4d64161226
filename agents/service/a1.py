"""The non-RT RIC's side of A1 for a site: policy types and instances, over ``/A1-P/v2``."""

import ssl
from collections.abc import Mapping
from typing import Any, Self

import httpx

from agents.service.ric import ask
from contracts.activation import ACTIVATION_POLICY_TYPE, CERTIFICATE_POLICY_TYPE
from contracts.delivery import CERTIFICATE_POLICY_SCHEMA
from contracts.errors import ExitCode, RanwrightError
from xapps.platform.home import RicHome

_TIMEOUT_S = 10.0
_ACTIVATION_SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "description": "A policy activation: a DSSE envelope as the verifier signed it.",
    "properties": {"activation": {}},
    "required": ["activation"],
    "additionalProperties": False,
}
"""What the mediator asks; the envelope itself is for actuator and xApp to judge."""
_TYPES = {
    CERTIFICATE_POLICY_TYPE: ("ranwright-certificate", CERTIFICATE_POLICY_SCHEMA),
    ACTIVATION_POLICY_TYPE: ("ranwright-activation", _ACTIVATION_SCHEMA),
}
"""What a site's RIC is told, by number: name and schema."""


class A1Client:
    """A1 of a running RIC, closed at the end of its ``with`` block.

    Methods raise :class:`RanwrightError`: ``a1.unreachable``, or the mediator's own refusal.

    Args:
        home: of the RIC.

    Raises:
        RanwrightError: ``ric.down``.
    """

    def __init__(self, home: RicHome) -> None:
        address = ask(home, "status")["services"]["a1"]
        trusts_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # else it reads the machine's CAs
        self._http = httpx.Client(
            base_url=f"http://{address}/A1-P/v2", timeout=_TIMEOUT_S, verify=trusts_nobody
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ensure_type(self, type_id: int, name: str, schema: Mapping[str, Any]) -> None:
        """Make a policy type, unless there is one of this number."""
        if type_id in self._call("GET", "/policytypes"):
            return
        body = {
            "name": name,
            "description": name,
            "policy_type_id": type_id,
            "create_schema": schema,
        }
        self._call("PUT", f"/policytypes/{type_id}", body)

    def policies(self, type_id: int) -> list[str]:
        """Names of the instances of a type."""
        names: list[str] = self._call("GET", f"/policytypes/{type_id}/policies")
        return names

    def put(self, type_id: int, policy_id: str, policy: Mapping[str, Any]) -> None:
        """Create or replace an instance; the xApps of its type are told."""
        self._call("PUT", f"/policytypes/{type_id}/policies/{policy_id}", policy)

    def delete(self, type_id: int, policy_id: str) -> None:
        """Remove an instance; the xApps of its type are told."""
        self._call("DELETE", f"/policytypes/{type_id}/policies/{policy_id}")

    def is_enforced(self, type_id: int, policy_id: str) -> bool:
        """Whether xApps answered, and every one said that it acts on the instance."""
        status = self._call("GET", f"/policytypes/{type_id}/policies/{policy_id}/status")
        return bool(status["enforceStatus"] == "ENFORCED")

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise RanwrightError(
                "a1.unreachable",
                f"The A1 mediator does not answer: {error}.",
                "Check that the RIC runs (ranwright ric status).",
                ExitCode.DEFECT,
            ) from error
        if answer.is_error:
            raise RanwrightError(
                "a1.refused", f"HTTP {answer.status_code}: {answer.text[:500]}", "See the message."
            )
        return answer.json() if answer.content else None


def ensure_types(home: RicHome) -> None:
    """Make the policy types of a site on its RIC; those that are there stay.

    Raises:
        RanwrightError: as the methods of :class:`A1Client`.
    """
    with A1Client(home) as a1:
        for type_id, (name, schema) in _TYPES.items():
            a1.ensure_type(type_id, name, schema)
