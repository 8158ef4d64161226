import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from agents.cli.main import app
from contracts.dictionary import lookup, records
from contracts.errors import ExitCode
from knowledge.ingest.readers.attributes import Attribute
from knowledge.ingest.run import ingest
from knowledge.ingest.store import Store
from knowledge.nrm_check import NrmFinding, check_nrm
from knowledge.nrm_fields import NrmField, NrmFields, read_fields

# Small models of the tests' own, with names of the standard and the errata that are known of it.
CELL = """\
module _3gpp-nr-nrm-nrcelldu {
  reference "3GPP TS 28.541";
  revision 2024-01-01;
  typedef Tac { type string { length "6"; } }
  grouping NRCellDUGrp {
    leaf nRPCI { type int32 { range "0..1007"; } }
    leaf nRTAC { type Tac; }
    leaf ssbPeriodicity { type int32 { range "5 | 10 | 20 | 40 | 80 | 160"; } units "ms"; }
    leaf ssbOffset { type int32 { range "min..159"; } units "subframes (ms)"; }
    leaf operationalState { type t:State; }
    leaf bSChannelBwDL { type int32 { range "5 | 10 | 20"; } units MHz; }
  }
}
"""
TYPES = """\
module toy-types {
  revision 2024-01-01;
  typedef State { type enumeration { enum DISABLED; enum ENABLED; } }
}
"""
CARRIER = """\
module _3gpp-nr-nrm-nrsectorcarrier {
  reference "3GPP TS 28.541";
  revision 2024-01-01;
  grouping NRSectorCarrierGrp {
    leaf configuredMaxTxPower { type int32; units "POWER"; }
    leaf configuredMaxTxEIRP { type int64; units "dBm"; }
  }
}
"""
RELATION = """\
module _3gpp-nr-nrm-nrcellrelation {
  reference "3GPP TS 28.541";
  revision 2024-01-01;
  grouping NRCellRelationGrp {
    leaf isESCoveredBy { type enumeration { enum NO; enum PARTIAL; enum FULL; } }
  }
  grouping NRFreqRelationGrp { leaf qQualMin { type int32 { range "-34..-3 | 0"; } units dB; } }
  grouping RRMPolicyRatioGrp {
    leaf resourceType {
      type enumeration { enum PRB; enum PRB_UL; enum PRB_DL; enum RRC; enum DRB; }
    }
  }
}
"""
CARRIERS_O_RAN = """\
module o-ran-uplane-conf {
  revision 2024-01-01;
  container user-plane {
    list tx-array-carriers {
      leaf active { type enumeration { enum INACTIVE; enum SLEEP; enum ACTIVE; } }
    }
    list rx-array-carriers { leaf active { type enumeration { enum OFF; enum ON; } } }
  }
}
"""
OPENAPI = """\
openapi: 3.0.1
info: {title: Toy of the NR model, version: 18.6.0}
externalDocs: {description: 3GPP TS 28.541 V18.6.0}
components:
  schemas:
    NrPci: {type: integer, maximum: MAXIMUM}
    IsESCoveredBy: {type: string, enum: [NO, PARTIAL, FULL]}
    NrCellDu-Single:
      allOf:
        - type: object
          properties:
            attributes:
              type: object
              properties:
                nrPci: {$ref: '#/components/schemas/NrPci'}
                ssbDuration: {type: integer}
    NRCellRelation-Single:
      properties:
        attributes:
          properties:
            isESCoveredBy: {$ref: '#/components/schemas/IsESCoveredBy'}
    NRFreqRelation-Single:
      properties:
        attributes:
          properties:
            cellReselectionSubPriority: {type: number, minimum: 0.2, multipleOf: 0.2}
            qRxLevMin: {type: integer, minimum: -140, maximum: -44, multipleOf: STEP}
    NRFrequency-Single:
      properties:
        multiFrequencyBandListNR: {type: array, items: {type: integer, minimum: 1, maximum: 256}}
    RrmPolicy_-Attr:
      properties:
        resourceType: {type: string, enum: [PRB, PRB_UL, PRB_DL, RRC_CONNECTED_USERS, DRB]}
"""


def files(maximum="503", step="2", power="mW"):
    return {
        "_3gpp-nr-nrm-nrcelldu.yang": CELL,
        "toy-types.yang": TYPES,
        "_3gpp-nr-nrm-nrsectorcarrier.yang": CARRIER.replace("POWER", power),
        "_3gpp-nr-nrm-nrcellrelation.yang": RELATION,
        "o-ran-uplane-conf.yang": CARRIERS_O_RAN,
        "TS28541_NrNrm.yaml": OPENAPI.replace("MAXIMUM", maximum).replace("STEP", step),
    }


@pytest.fixture
def place(tmp_path):
    def put(texts):
        paths = [tmp_path / name for name in texts]
        for path in paths:
            path.write_text(texts[path.name])
        with Store(tmp_path / "specifications.sqlite") as store:
            reports = ingest(paths, store)
        assert [r.error for r in reports] == [None] * len(paths)
        return tmp_path / "specifications.sqlite"

    return put


@pytest.fixture
def check(place):
    def run(texts, *cards):
        with Store(place(texts)) as store:
            found = check_nrm(cards or records(), read_fields(store))
        return {(one.parameter_id.rpartition(".")[2], one.solution_set): one for one in found}

    return run


AGREES, DIFFERS, KNOWN, ABSENT, NOTHING = (
    NrmFinding.AGREES,
    NrmFinding.DIFFERS,
    NrmFinding.KNOWN_CONFLICT,
    NrmFinding.NOT_THERE,
    NrmFinding.STATES_NOTHING,
)


def test_each_solution_set_is_compared_in_its_own_words(check):
    found = check(files())
    assert {key: found[key].finding for key in found if found[key].finding is not ABSENT} == {
        ("nRPCI", "yang"): AGREES,
        ("nRPCI", "openapi"): KNOWN,  # 503 is the LTE limit
        ("nRTAC", "yang"): NOTHING,  # a length is no range
        ("ssbPeriodicity", "yang"): DIFFERS,  # the unit alone, see below
        ("ssbOffset", "yang"): AGREES,
        ("ssbDuration", "openapi"): NOTHING,
        ("operationalState", "yang"): AGREES,  # in another order, in another module
        ("bSChannelBwDL", "yang"): KNOWN,
        ("configuredMaxTxPower", "yang"): AGREES,
        ("configuredMaxTxEIRP", "yang"): AGREES,
        ("isESCoveredBy", "yang"): AGREES,
        ("isESCoveredBy", "openapi"): AGREES,  # NO is a literal, not false
        ("qQualMin", "yang"): AGREES,
        ("cellReselectionSubPriority", "openapi"): NOTHING,  # the card states no range
        ("qRxLevMin", "openapi"): AGREES,
        ("multiFrequencyBandListNR", "openapi"): AGREES,
        ("resourceType", "yang"): AGREES,  # RRC
        ("resourceType", "openapi"): AGREES,  # RRC_CONNECTED_USERS
        ("active", "yang"): AGREES,  # the transmitter's, not the receiver's
    }
    assert found["ssbPeriodicity", "yang"].differences == ("unit: card subframes (ms), yang ms",)
    assert found["nRPCI", "openapi"].places == (
        "28.541 NrNrm 18.6.0 NrCellDu-Single.attributes.nrPci",
    )


@pytest.mark.parametrize(
    ("change", "key", "finding", "told"),
    [
        ({"maximum": "1007"}, ("nRPCI", "openapi"), AGREES, ()),
        (
            {"maximum": "600"},
            ("nRPCI", "openapi"),
            DIFFERS,
            ("range: card 0..1007, openapi ..600",),
        ),
        ({"step": "4"}, ("qRxLevMin", "openapi"), DIFFERS, ("multiple of: card 2, openapi 4",)),
        (
            {"power": "dBm"},
            ("configuredMaxTxPower", "yang"),
            DIFFERS,
            ("unit: card mW, yang dBm",),
        ),
        (
            {"power": "MW"},
            ("configuredMaxTxPower", "yang"),
            DIFFERS,
            ("unit: card mW, yang MW",),
        ),
        ({"power": "milliwatts"}, ("configuredMaxTxPower", "yang"), AGREES, ()),
    ],
)
def test_only_what_a_card_tells_of_is_a_known_conflict(check, change, key, finding, told):
    found = check(files(**change))[key]
    assert (found.finding, found.differences) == (finding, told)


@pytest.mark.parametrize("enum", ["[YES, PARTIAL, FULL]", "[false, PARTIAL, FULL]", "[PARTIAL]"])
def test_other_literals_differ(check, enum):
    texts = files()
    yaml = texts["TS28541_NrNrm.yaml"].replace("[NO, PARTIAL, FULL]", enum)
    texts["TS28541_NrNrm.yaml"] = yaml
    assert check(texts)["isESCoveredBy", "openapi"].finding is DIFFERS


def test_one_difference_that_is_not_known_counts(check):
    texts = {"_3gpp-nr-nrm-nrcelldu.yang": CELL.replace("units MHz", "units kHz")}
    found = check(texts, lookup("NRCellDU.bSChannelBwDL"))["bSChannelBwDL", "yang"]
    assert found.finding is DIFFERS
    assert [told.partition(":")[0] for told in found.differences] == ["literals", "unit"]


@pytest.mark.parametrize(("power", "finding"), [("dBm", KNOWN), ("dB", DIFFERS)])
def test_a_conflict_of_units_is_known_by_the_unit_it_spells(check, power, finding):
    card = lookup("configuredMaxTxPower").model_copy(update={"conflicts": ("YANG says dBm",)})
    found = check(files(power=power), card)
    assert found["configuredMaxTxPower", "yang"].finding is finding


def test_a_type_that_two_modules_define_differently_is_not_guessed(check):
    other = TYPES.replace("toy-types", "other-types").replace("enum ENABLED", "enum ON")
    found = check({**files(), "other-types.yang": other})
    assert found["operationalState", "yang"].finding is NOTHING


def test_types_that_name_each_other_end(check):
    loop = "module toy-loop { typedef A { type B; } typedef B { type A; } grouping BeamGrp"
    texts = {"toy-loop.yang": loop + " { leaf beamTilt { type A; } } }"}
    assert check(texts)["beamTilt", "yang"].finding is NOTHING


def test_the_newest_version_counts(check):
    old = OPENAPI.replace("STEP", "2").replace("MAXIMUM", "9").replace("18.6.0", "18.3.0")
    texts = {"TS28541_NrNrm.yaml": files()["TS28541_NrNrm.yaml"], "TS28541_NrNrm.yml": old}
    assert check(texts)["nRPCI", "openapi"].finding is KNOWN


@given(low=st.integers(-200, 200), size=st.integers(0, 40), data=st.data())
def test_literals_are_the_same_however_they_are_grouped(low, size, data):
    values = list(range(low, low + size + 1))
    parts, at = [], 0
    while at < len(values):
        end = data.draw(st.integers(at, len(values) - 1))
        parts.append(f"{values[at]}..{values[end]}" if end > at else f"{values[at]}")
        at = end + 1
    card = lookup("NRFreqRelation.qQualMin").model_copy(
        update={"literals": tuple(values), "hard_range": None}
    )
    field = NrmField(
        "yang",
        "x",
        frozenset({"nrfreqrelation"}),
        "qqualmin",
        Attribute("x", "int32", " | ".join(parts)),
    )
    assert check_nrm([card], NrmFields([field]))[0].finding is AGREES
    fewer = card.model_copy(update={"literals": (*values, low + size + 1)})
    assert check_nrm([fewer], NrmFields([field]))[0].finding is DIFFERS


def run_command(*options):
    return CliRunner().invoke(app, ["knowledge", "check", *options])


@pytest.fixture
def few(monkeypatch):
    """Four cards, so that no ASN.1 module is walked."""
    names = ("NRSectorCarrier.configuredMaxTxPower", "NRCellRelation.isESCoveredBy", "DRB.UEThpDl")
    cards = tuple(map(lookup, names))
    cards += (lookup("NRCellDU.nRPCI").model_copy(update={"asn1": None}),)
    monkeypatch.setattr("contracts.dictionary.records", lambda: cards)


@pytest.mark.usefixtures("few")
def test_the_command_shows_all_sources(place):
    store = place(files())
    shown = run_command("--store", str(store))
    assert shown.exit_code == 0
    words = " ".join(shown.stdout.split())
    assert all(w in words for w in ("known conflict", "not there", "yang", "openapi", "..503"))
    answer = json.loads(run_command("--store", str(store), "--json").stdout)
    assert [[one["finding"] for one in row["nrm"]] for row in answer] == [
        ["agrees", "not there"],
        ["agrees", "agrees"],
        ["not there", "not there"],
        ["agrees", "known conflict"],
    ]


@pytest.mark.usefixtures("few")
def test_the_command_is_refused_where_an_ingested_source_differs(place):
    shown = run_command("--store", str(place(files(power="dBm"))))
    assert shown.exit_code == ExitCode.REFUSED
    assert "differs" in shown.stdout


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("made", [False, True])
def test_without_ingested_models_one_line_says_so(tmp_path, made):
    path = tmp_path / "specifications.sqlite"
    if made:
        Store(path).__exit__(None, None, None)
    answer = run_command("--store", str(path), "--json")
    assert answer.exit_code == 0
    assert path.exists() is made
    assert answer.stderr.count("No YANG and no OpenAPI was ingested") == 1
    assert {row["nrm"] for row in json.loads(answer.stdout)} == {None}
