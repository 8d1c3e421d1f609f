"""What every operation of the OpenAPI document shares: the key, the problem document, the Idempotency-Key."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from staff.api.errors import PROBLEM_TYPE
from staff.api.idempotency import HEADER, LONGEST_KEY

WRITES = {"post", "put", "patch", "delete"}
PROBLEM = {
    "type": "object",
    "description": "Why the request was refused: a code for programs, a sentence for people.",
    "required": ["status", "code", "detail"],
    "properties": {
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "object",
            "description": "Sentences by the dotted path of the field they are about.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
REFUSED = {
    "description": "Refused.",
    "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": HEADER,
    "schema": {"type": "string", "maxLength": LONGEST_KEY},
    "description": "Any text unique to this write, such as a UUID. Sent again within three days with the same "
    "request, it gets the first answer, with the header Idempotent-Replayed, and changes nothing.",
}


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    target_class = "staff.api.access.BearerKeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A key made by an administrator."}


def describe_shared(result: dict[str, Any], **_generation: Any) -> dict[str, Any]:
    """Add to every operation what holds for all of them."""
    result["components"].setdefault("schemas", {})["Problem"] = PROBLEM
    for method, operation in operations(result):
        operation["responses"]["default"] = REFUSED
        if method in WRITES:
            operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    return result


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in document["paths"].values():
        yield from path.items()
