"""The parameter dictionary: what a parameter is, which values are lawful, and who says so.

One dictionary is read by formulator, verifier, actuator and knowledge search alike. Look-up is
exact; searching by meaning is the business of :mod:`knowledge`.
"""

from contracts.dictionary.profile import EquipmentProfile, PowerRange
from contracts.dictionary.record import Influence, ParameterRecord
from contracts.dictionary.rules import CitedRange, check_value, hard_range, profile_citation
from contracts.dictionary.scale import to_field, to_real
from contracts.dictionary.store import dictionary_digest, lookup, records

__all__ = [
    "CitedRange",
    "EquipmentProfile",
    "Influence",
    "ParameterRecord",
    "PowerRange",
    "check_value",
    "dictionary_digest",
    "hard_range",
    "lookup",
    "profile_citation",
    "records",
    "to_field",
    "to_real",
]
