"""The parameter dictionary: what a parameter is, which values are lawful, and who says so.

One dictionary is read by formulator, verifier, actuator and knowledge search alike. Look-up is
exact; searching by meaning is the business of :mod:`knowledge`.
"""

from contracts.dictionary.cite import RULES_BY_KPI, evidence_for, required_evidence, resolve
from contracts.dictionary.find import find, suggestions
from contracts.dictionary.profile import EquipmentProfile, PowerRange
from contracts.dictionary.record import Influence, ParameterRecord, SolutionSetLiterals, Tendency
from contracts.dictionary.rules import CitedRange, check_value, hard_range, profile_citation
from contracts.dictionary.scale import literal_value, real_value, to_field, to_real
from contracts.dictionary.store import dictionary_digest, lookup, records

__all__ = [
    "RULES_BY_KPI",
    "CitedRange",
    "EquipmentProfile",
    "Influence",
    "ParameterRecord",
    "PowerRange",
    "SolutionSetLiterals",
    "Tendency",
    "check_value",
    "dictionary_digest",
    "evidence_for",
    "find",
    "hard_range",
    "literal_value",
    "lookup",
    "profile_citation",
    "real_value",
    "records",
    "required_evidence",
    "resolve",
    "suggestions",
    "to_field",
    "to_real",
]
