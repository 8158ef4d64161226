import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.ingest.number import (
    Identity,
    normal_spec,
    of_archive,
    of_cover,
    of_name,
    release,
    version_order,
)

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("stem", "identity"),
    [
        ("38331-i60", Identity("38.331", "18.6.0")),
        ("38101-1-i50", Identity("38.101-1", "18.5.0")),
        ("38101-1-i50_s00-05", Identity("38.101-1", "18.5.0")),
        ("36521-1-h40", Identity("36.521-1", "17.4.0")),
        ("38.413-g00", Identity("38.413", "16.0.0")),
        ("29060-360100", Identity("29.060", "36.1.0")),
        ("38521-3-100", Identity("38.521-3", "1.0.0")),
        ("O-RAN.WG3.TS.E2SM-KPM-R004-v06.00", Identity("E2SM-KPM", "6.0")),
        ("O-RAN.WG3.E2AP-v03.00.01", Identity("E2AP", "3.0.1")),
        ("notes", None),
        ("38331", None),
    ],
)
def test_archive_names_carry_number_and_version(stem, identity):
    assert of_archive(stem) == identity


@given(
    st.integers(0, 35), st.integers(0, 35), st.integers(0, 35), st.sampled_from(["", "-1", "-2-3"])
)
def test_every_version_code_is_read_back(major, technical, editorial, part):
    code = "".join(_DIGITS[field] for field in (major, technical, editorial))
    assert of_archive(f"38101{part}-{code}") == Identity(
        f"38.101{part}", f"{major}.{technical}.{editorial}"
    )


def test_a_cover_names_number_and_version():
    assert of_cover("3GPP TS 38.101-1 V18.6.0 (2025-06)") == Identity("38.101-1", "18.6.0")
    assert of_cover("see TS 38.331") is None


def test_other_names_give_the_number_alone():
    assert of_name("TS28541_NrNrm") == Identity("28.541")
    assert of_name("38.331") == Identity("38.331")
    assert of_name("readme") is None
    assert normal_spec(" TS 38101-1 ") == "38.101-1"
    assert normal_spec("E2SM-KPM") == "E2SM-KPM"


def test_releases_follow_the_major_number():
    assert release("38.331", "18.6.0") == "Rel-18"
    assert release("25.331", "3.21.0") == "R99"
    assert release("38.331", "1.0.0") == release("E2SM-KPM", "6.0") == release("38.331", "") == ""


@pytest.mark.parametrize("version", ["2026-02-03", "v1", "draft", "i60", "1.2.3.4", "18.x", "."])
def test_other_versions_have_no_release(version):
    assert release("28.541", version) == ""


def test_versions_sort_by_number_and_not_by_letter():
    versions = ["18.10.0", "18.9.0", "9.1.0", "", "18.9.1"]
    assert sorted(versions, key=version_order) == ["", "9.1.0", "18.9.0", "18.9.1", "18.10.0"]
