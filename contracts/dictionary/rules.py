"""Hard ranges and enumerations: the one place that says which parameter values are lawful."""

from math import isfinite

from contracts.canonical import Contract
from contracts.dictionary.profile import EquipmentProfile
from contracts.dictionary.record import ParameterRecord
from contracts.dictionary.store import lookup
from contracts.errors import RanwrightError
from contracts.evidence import Citation

ParameterValue = bool | int | float | str

_CONFIGURED_MAX_TX_POWER = "TS 28.541:NRSectorCarrier.configuredMaxTxPower"


class CitedRange(Contract):
    """Lowest and highest lawful field value, both included, and who says so."""

    low: float
    high: float
    unit: str | None
    citation: Citation


def hard_range(name: str, profile: EquipmentProfile | None = None) -> CitedRange:
    """The lawful range of a parameter's field: the standard's, else the equipment profile's.

    Raises:
        RanwrightError: ``dictionary.no_range`` where neither gives one,
            ``dictionary.unverified`` where no source stands behind the number, or as
            :func:`lookup`.
    """
    record = lookup(name)
    _refuse_unverified(record)
    if record.hard_range is not None:
        low, high = record.hard_range
        return CitedRange(low=low, high=high, unit=record.unit, citation=record.citation)
    if record.id == _CONFIGURED_MAX_TX_POWER and profile is not None:
        power = profile.configured_max_tx_power
        return CitedRange(
            low=power.min_mw, high=power.max_mw, unit="mW", citation=profile_citation(profile)
        )
    raise RanwrightError(
        "dictionary.no_range",
        f"{record.path} has no range in {record.spec} and none in the equipment profile.",
        "Give its range in the equipment profile; without one no value can be lawful.",
    )


def profile_citation(profile: EquipmentProfile) -> Citation:
    """How an equipment profile is cited."""
    return Citation(
        spec=f"equipment profile {profile.name}", clause=None, verified_by=(profile.source,)
    )


def check_value(name: str, value: ParameterValue, profile: EquipmentProfile | None = None) -> None:
    """Accept a lawful field value and refuse everything else.

    Args:
        name: the parameter's name, ``object.name`` or id.
        profile: gives the range where the standard has none.
        value: the field as it would be transmitted (``60`` for a tilt of 6 degrees). Ranged
            parameters are whole numbers in every specification of the dictionary.

    Raises:
        RanwrightError: ``dictionary.not_in_enum``, ``dictionary.out_of_range``,
            ``dictionary.off_step``, ``dictionary.wrong_type``, or as :func:`hard_range`.
    """
    record = lookup(name)
    _refuse_unverified(record)
    if record.literals is not None:
        _check_literal(record, value)
        return
    if record.value_type == "boolean":
        if not isinstance(value, bool):
            raise _wrong_type(record, value)
        return
    limits = hard_range(name, profile)
    if isinstance(value, bool | str) or (isinstance(value, float) and not isfinite(value)):
        raise _wrong_type(record, value)
    if not limits.low <= value <= limits.high:
        raise RanwrightError(
            "dictionary.out_of_range",
            f"{record.path} = {_shown(value)} lies outside {limits.low:g}..{limits.high:g}"
            f" {limits.unit or ''}".rstrip()
            + f" ({limits.citation.spec}).",
            "Choose a value inside the range.",
        )
    if value != int(value):
        raise _wrong_type(record, value)
    if record.multiple_of is not None and int(value) % record.multiple_of:
        raise RanwrightError(
            "dictionary.off_step",
            f"{record.path} = {_shown(value)} is no multiple of {record.multiple_of}"
            f" ({record.spec}).",
            "Choose a multiple.",
        )


def _refuse_unverified(record: ParameterRecord) -> None:
    if not record.verified:
        raise RanwrightError(
            "dictionary.unverified",
            f"No source stands behind the numbers of {record.path} ({record.spec}).",
            "Verify the record against the specification; until then no value can be lawful.",
        )


def _check_literal(record: ParameterRecord, value: ParameterValue) -> None:
    literals = record.literals or ()
    if not any(type(value) is type(literal) and value == literal for literal in literals):
        raise RanwrightError(
            "dictionary.not_in_enum",
            f"{record.path} = {value!r} is none of {', '.join(map(str, literals))}"
            f" ({record.spec}).",
            "Choose one of the listed values.",
        )


def _wrong_type(record: ParameterRecord, value: ParameterValue) -> RanwrightError:
    wanted = "true or false" if record.value_type == "boolean" else "a whole number"
    return RanwrightError(
        "dictionary.wrong_type",
        f"{record.path} takes {wanted}, not {value!r}.",
        "Give the field value in its unit; the dictionary's scale converts real values.",
    )


def _shown(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e300 else "a number of absurd size"
