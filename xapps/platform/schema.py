"""Checking a value against a JSON schema (draft 7); nothing is fetched."""

from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing import Registry
from referencing.exceptions import Unresolvable

_NOTHING_REMOTE: Registry[Any] = Registry()


def fault_of_schema(schema: Any) -> str | None:
    """What is wrong with a schema itself, if anything."""
    if not isinstance(schema, dict):
        return "it is no JSON object"
    try:
        Draft7Validator.check_schema(schema)
    except SchemaError as error:
        return _describe(error)
    except RecursionError:
        return "it is nested too deeply"
    return None


def fault_of_value(schema: dict[str, Any], value: Any) -> str | None:
    """Where a value breaks its schema, if anywhere."""
    validator = Draft7Validator(schema, registry=_NOTHING_REMOTE)
    try:
        error = best_match(validator.iter_errors(value))
    except Unresolvable as unresolvable:
        return f"the schema refers to {unresolvable.ref!r}, which it does not hold"
    except RecursionError:
        return "the schema refers to itself without end, or the value is nested too deeply"
    return None if error is None else _describe(error)


def _describe(error: ValidationError | SchemaError) -> str:
    where = "/".join(map(str, error.absolute_path)) or "at the top"
    return f"{where}: {error.message}"
