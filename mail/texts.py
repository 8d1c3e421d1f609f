"""What others say, in a form that every database keeps."""

from collections.abc import Mapping
from typing import Any

LARGEST = 10**40  # no provider counts further, and Python would not write it out
LONGEST_ID = 200


def storable(value: object, length: int) -> str:
    """Text and whole numbers as text, cut to `length`, without NUL characters and half characters; else ""."""
    match value:
        case bool():
            return ""
        case int() if abs(value) < LARGEST:
            return str(value)[:length]
        case str():
            return value.encode("utf-8", "replace").decode().replace("\x00", "").strip()[:length]
        case _:
            return ""


def value_at(document: Any, path: str) -> Any:
    """What stands at `messages.0.id` in a JSON document; None where there is no such place."""
    for step in path.split("."):
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, list) and step.isdecimal() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def document_of(fields: Mapping[str, str]) -> Any:
    """The JSON document with `fields` at their paths: {"to.0.phone": "+1"} is {"to": [{"phone": "+1"}]}."""
    if set(fields) == {""}:
        return fields[""]
    inner: dict[str, dict[str, str]] = {}
    for path, value in fields.items():
        step, _dot, rest = path.partition(".")
        inner.setdefault(step, {})[rest] = value
    built = {step: document_of(rest) for step, rest in inner.items()}
    return list(built.values()) if all(step.isdecimal() for step in built) else built
