"""Which activations the xApp acts on: its own, well-formed, not expired, not deleted."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.near_rt.papers import activation_of, envelope_around, signed
from contracts.activation import Holder
from contracts.certificate import CERTIFICATE_PAYLOAD_TYPE
from contracts.dsse import sign
from contracts.e2.identity import ran_name
from contracts.e2.node_configuration import gnb_of
from contracts.keys import init_keys, load_signer
from contracts.network import CellConfiguration
from contracts.plant_link import NodeInfo
from contracts.problem import Objective
from contracts.site import Site
from xapps.power_control.activations import Activations
from xapps.sdk.messenger import Received
from xapps.sdk.policies import A1_POLICY_REQ, A1_POLICY_RESP, A1Policies

GRID = (10_024, 20_000, 39_905)
NODE = NodeInfo(
    node_name="gnb-x-12345678",
    scenario="x",
    scenario_digest="sha256:" + "0" * 64,
    kpm_time_ms=0,
    pace_factor=1.0,
    resource_version=0,
    cells=(
        CellConfiguration(cell_id=1, configured_max_tx_power_mw=20_000, digital_tilt_decidegrees=0),
    ),
)
RAN = ran_name(gnb_of(NODE.node_name))


class KeptMessenger:
    """Keeps what is sent; what arrives is put in by the test."""

    def __init__(self):
        self.handlers, self.sent = {}, []

    def on(self, mtype, handler):
        self.handlers[mtype] = handler

    def send(self, mtype, payload, meid):
        self.sent.append((mtype, json.loads(payload)))
        return True

    def policy(self, operation, name, policy=None):
        fields = {
            "operation": operation,
            "policy_type_id": 20101,
            "policy_instance_id": name,
            "payload": policy,
        }
        self.handlers[A1_POLICY_REQ](Received(A1_POLICY_REQ, json.dumps(fields).encode(), "", -1))
        answers = [p["status"] for t, p in self.sent if t == A1_POLICY_RESP]
        return answers[-1] if answers else None


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site"))
    init_keys(made)
    return made


@pytest.fixture
def held():
    messenger = KeptMessenger()
    clock = [datetime.now(UTC)]
    activations = Activations(A1Policies(messenger, "x"), "power-control", lambda: clock[0])
    return messenger, activations, clock


def made(site, **changes):
    envelope = envelope_around(NODE, (1,), GRID, 1, 3.0)
    return activation_of(NODE, envelope, site, **changes)


def policy_of(activation, site):
    return {"activation": signed(activation, site).model_dump(mode="json")}


def test_an_activation_lives_until_it_is_deleted(site, held):
    messenger, activations, _ = held
    one = made(site)
    assert not activations.wait(RAN, 0.0)
    assert messenger.policy("CREATE", one.activation_id, policy_of(one, site)) == "OK"
    assert activations.live_on(RAN) == (one,)
    assert activations.wait(RAN, 0.0)
    assert activations.live_on("gnb_001_001_000000") == ()
    assert messenger.policy("DELETE", one.activation_id) == "DELETED"
    assert activations.live_on(RAN) == ()


def test_an_activation_expires_by_the_wall_clock(site, held):
    messenger, activations, clock = held
    one = made(site, validity_s=60)
    messenger.policy("CREATE", one.activation_id, policy_of(one, site))
    clock[0] += timedelta(seconds=61)
    assert activations.live_on(RAN) == ()
    clock[0] -= timedelta(seconds=61)
    assert activations.live_on(RAN) == ()  # what expired does not come back


def test_activations_of_other_holders_are_left_to_them(site, held):
    messenger, activations, _ = held
    other = Holder(name="other", version="1", package_digest="sha256:" + "0" * 64)
    one = made(site, holder=other)
    assert messenger.policy("CREATE", one.activation_id, policy_of(one, site)) is None
    assert activations.live_on(RAN) == ()


def test_what_cannot_be_acted_on_is_refused(site, held):
    messenger, activations, _ = held
    one = made(site)
    whole = policy_of(one, site)
    coverage = made(site, objective=Objective.COVERAGE)
    nameless = made(site, node_name="no-life")
    as_certificate = sign(one, CERTIFICATE_PAYLOAD_TYPE, load_signer(site, "verifier"))
    refused = [
        (one.activation_id, None),
        (one.activation_id, []),
        (one.activation_id, {}),
        (one.activation_id, {"activation": {**whole["activation"], "payload": "%%"}}),
        (one.activation_id, {"activation": {**whole["activation"], "payload": "e30="}}),
        (one.activation_id, {"activation": as_certificate.model_dump(mode="json")}),
        ("0" * 32, whole),
        (coverage.activation_id, policy_of(coverage, site)),
        (nameless.activation_id, policy_of(nameless, site)),
    ]
    for name, policy in refused:
        messenger.sent.clear()
        assert messenger.policy("CREATE", name, policy) == "ERROR", policy
        assert activations.live_on(RAN) == ()
