"""E2SM-RC of a plant: hands UEs over where they would stay, for those whom the node obeys."""

import subprocess
import sys
from itertools import islice
from threading import Event

import pytest

from contracts.e2.common.cells import NrCgi, plmn_identity
from contracts.e2.common.ue import UeIdGnbDu
from contracts.e2.credential import seal
from contracts.e2.identity import MCC, MNC, nr_cell_identity, ue_identity
from contracts.e2.node_configuration import gnb_of
from contracts.e2.rc.actions import (
    CONNECTED_MODE_MOBILITY,
    HANDOVER,
    QOS_FLOW_MAPPING,
    RADIO_BEARER,
    Control,
    handover,
)
from contracts.e2.rc.codec import codec_for
from contracts.e2.rc.control import Assignments, UeControl
from contracts.e2.rc.outcome import Results
from contracts.e2.rc.version import OID
from contracts.errors import RanwrightError
from contracts.keys import load_signer
from tests.twins.synthetic import link_map, scenario
from twins.channel import rsrp_dbm
from twins.e2node.causes import control_cause
from twins.e2node.mobility import Mobility
from twins.e2node.network import ControlFailureError
from twins.e2node.senders import anybody, the_actuator
from twins.plant.plant import PlantModel
from twins.plant.service import PlantService

SCENARIO = scenario()
LINKS = link_map(SCENARIO)
RC = codec_for(OID)
A_DU_S = UeControl(UeIdGnbDu(0), CONNECTED_MODE_MOBILITY, HANDOVER)
QOS_MAPPING = UeControl(ue_identity(0), RADIO_BEARER, QOS_FLOW_MAPPING)


@pytest.fixture
def mobility(plant) -> Mobility:
    return Mobility(plant, anybody(plant), number=3)


def octets(control: Control) -> tuple[bytes, bytes]:
    return RC.control_header.encode(control.header), RC.control_message.encode(control.message)


def to_cell(plant: PlantService, ue_id: int, cell: int, plmn: bytes = b"") -> Control:
    identity = nr_cell_identity(gnb_of(plant.info().node_name), cell)
    return handover(ue_identity(ue_id), NrCgi(plmn or plmn_identity(MCC, MNC), identity))


def serving(plant: PlantService) -> dict[int, int]:
    """By UE, in the first period that begins after now."""
    *_, report = islice(plant.reports(200, Event()), 2)
    return {ue.ue_id: ue.serving_cell for ue in report.ues}


def refusal(mobility: Mobility, control: Control, process_id: bytes | None = None) -> str:
    with pytest.raises(ControlFailureError) as failure:
        mobility.control(process_id, *octets(control))
    return failure.value.reason.code


def test_it_offers_handover_alone(mobility):
    offered = RC.ran_function.decode(mobility.definition())
    assert [(s.style_type, [a.id for a in s.actions]) for s in offered.controls] == [(3, [1])]
    assert (offered.reports, offered.inserts, offered.policies) == (None, None, None)
    with pytest.raises(RanwrightError, match="no reports"):
        mobility.subscribe(b"", ())


def test_every_ue_goes_where_it_would_stay_and_nowhere_else(plant, mobility):
    model = PlantModel(SCENARIO, 3, LINKS)
    powers = model.truth.gain_db.new_tensor(model.initial().tx_power_mw)
    heard_dbm = rsrp_dbm(SCENARIO, model.truth.gain_db, powers)
    offset_db = SCENARIO.radio.handover_offset_db
    done = {}
    for ue_id, of_ue in enumerate(heard_dbm):
        for cell, of_cell in zip(SCENARIO.cell_ids, of_ue, strict=True):
            control = to_cell(plant, ue_id, cell)
            if of_ue.max() - of_cell <= offset_db:
                outcome = mobility.control(None, *octets(control))
                assert RC.control_outcome.decode(outcome) == Results()
                done[ue_id] = cell
            else:
                assert refusal(mobility, control) == "control.out_of_reach"
    assert any(len([1 for c in of if of.max() - c <= offset_db]) > 1 for of in heard_dbm)
    assert serving(plant) == done


def test_the_rest_stays_and_a_restarted_plant_remembers(plant, mobility, site):
    before, info = serving(plant), plant.info()
    model = PlantModel(SCENARIO, 3, LINKS)
    powers = model.truth.gain_db.new_tensor(model.initial().tx_power_mw)
    best_dbm, best = rsrp_dbm(SCENARIO, model.truth.gain_db, powers).topk(2)
    ue_id = int((best_dbm[:, 0] - best_dbm[:, 1]).argmin())
    cell = SCENARIO.cell_ids[best[ue_id, 1]]
    mobility.control(None, *octets(to_cell(plant, ue_id, cell)))
    again = PlantService(site, SCENARIO, 3, 200.0, LINKS)
    assert serving(again) == before | {ue_id: cell} != before
    assert again.info().cells == info.cells
    assert again.info().resource_version == info.resource_version + 1


def test_what_cannot_be_done_is_refused_with_its_cause(plant, mobility):
    header, message = octets(to_cell(plant, 0, 1))
    for control, code in (
        (to_cell(plant, 9999, 1), "control.unknown_ue"),
        (to_cell(plant, 0, 77), "control.unknown_cell"),
        (to_cell(plant, 0, 1, plmn_identity("999", "99")), "control.unknown_cell"),
        (Control(QOS_MAPPING, to_cell(plant, 0, 1).message), "control.unknown_style"),
        (Control(A_DU_S, to_cell(plant, 0, 1).message), "control.unknown_ue"),
        (Control(to_cell(plant, 0, 1).header, Assignments()), "e2.rc.action"),
    ):
        assert refusal(mobility, control) == code
        assert control_cause(RanwrightError(code, "", "")).name in (
            "CONTROL_FAILED_TO_EXECUTE",
            "CONTROL_MESSAGE_INVALID",
        )
    for damaged in ((header[:-1], message), (header, message[:-1]), (b"", b"")):
        with pytest.raises(ControlFailureError) as failure:
            mobility.control(None, *damaged)
        assert failure.value.reason.code == "e2.malformed"
    assert plant.info().resource_version == 0


def test_a_site_s_plant_obeys_the_actuator_alone(plant, site):
    governed = Mobility(plant, the_actuator(site), number=3)
    ue_id, cell = next(iter(serving(plant).items()))
    control = to_cell(plant, ue_id, cell)
    assert refusal(governed, control) == "credential.missing"
    for role, code in (("verifier", "signature.wrong_role"), ("actuator", None)):
        sealed = seal(plant.info().node_name, "r:1", *octets(control), load_signer(site, role))
        if code is not None:
            assert refusal(governed, control, sealed) == code
        else:
            governed.control(sealed, *octets(control))
    sealed = seal("gnb-other-00000000", "r:2", *octets(control), load_signer(site, "actuator"))
    assert refusal(governed, control, sealed).startswith("control.")
    assert plant.info().resource_version == 1


def test_control_of_a_governed_site_is_not_opened(site):
    site.policy.write_text("{}")
    arguments = ["--site", site.root, "--scenario", "munich", "--seed", "1", "--pace", "1"]
    command = [sys.executable, "-m", "twins.plant", *map(str, arguments), "--open-control"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "governed site" in ended.stderr
