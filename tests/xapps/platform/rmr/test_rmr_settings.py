"""Names and addresses as librmr's environment variables ask for them."""

import socket

import pytest

from contracts.errors import RanwrightError
from xapps.platform.rmr import RmrSettings


@pytest.mark.parametrize(
    ("source_id", "name"),
    [
        ("xapp", "xapp:4560"),
        ("xapp.ricxapp:9", "xapp.ricxapp:4560"),
        ("[fd00::1]:9", "[fd00::1]:4560"),
        ("", socket.gethostname().partition(".")[0] + ":4560"),
    ],
)
def test_the_name_is_the_source_id_and_the_port(source_id: str, name: str) -> None:
    settings = RmrSettings.from_environment(4560, {"RMR_SRC_ID": source_id})
    assert settings.addresses(4560)[0] == name


def test_the_address_is_the_one_bound() -> None:
    by_address = RmrSettings.from_environment(0, {"RMR_BIND_IF": "127.0.0.1"})
    by_interface = RmrSettings.from_environment(0, {"RMR_BIND_IF": "lo"})
    assert by_address.bind_address == by_interface.bind_address == "127.0.0.1"
    assert by_address.addresses(1)[1] == "127.0.0.1:1"


def test_without_an_interface_the_address_is_one_of_this_machine() -> None:
    settings = RmrSettings.from_environment(0, {})
    assert settings.bind_address == "0.0.0.0"
    address, _, port = settings.addresses(7)[1].rpartition(":")
    assert port == "7"
    with socket.socket() as probe:
        probe.bind((address, 0))


def test_name_only_hides_the_address() -> None:
    environment = {"RMR_SRC_ID": "xapp", "RMR_BIND_IF": "127.0.0.1"}
    for settings in (
        RmrSettings.from_environment(0, {**environment, "RMR_SRC_NAMEONLY": "1"}),
        RmrSettings.from_environment(0, environment, name_only=True),
    ):
        assert settings.addresses(1) == ("xapp:1", "xapp:1")


def test_the_alarm_manager_is_named_by_two_variables() -> None:
    assert RmrSettings.from_environment(0, {}).alarm_address is None
    named = {"ALARM_MGR_SERVICE_NAME": "alarms"}
    assert RmrSettings.from_environment(0, named).alarm_address == "alarms:4560"
    named["ALARM_MGR_SERVICE_PORT"] = "4"
    assert RmrSettings.from_environment(0, named).alarm_address == "alarms:4"


@pytest.mark.parametrize(
    "environment", [{"RMR_BIND_IF": "no_such_interface"}, {"RMR_SRC_NAMEONLY": "yes"}]
)
def test_a_variable_that_cannot_be_used_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(RanwrightError, match=r"rmr\.bad_environment") as caught:
        RmrSettings.from_environment(0, environment)
    assert next(iter(environment)) in caught.value.message
