"""What may come in: strict JSON and clean query parameters. What is refused is named by its field."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from events.boundary import Unstorable, clean_json, clean_text


class StrictJSONParser(BaseParser):
    """JSON in UTF-8, without NaN, repeated names, unstorable text or numbers, or bottomless nesting."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            value = json.loads(
                stream.read().decode(), object_pairs_hook=unrepeated, parse_constant=refuse_constant
            )
            return clean_json(value)
        except RecursionError as error:
            raise ParseError(_("The request is nested too deeply.")) from error
        except Unstorable as error:
            raise ValidationError({error.path or "non_field_errors": [str(error.sentence)]}) from error
        except ValueError as error:
            raise ParseError(_("The request is not JSON: %(error)s") % {"error": error}) from error


def unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ParseError(_("The request names the same field twice."))
    return value


def refuse_constant(constant: str) -> NoReturn:
    raise ParseError(_("%(constant)s is not a JSON number.") % {"constant": constant})


def check_query(parameters: QueryDict) -> None:
    """Refuse query parameters no database could compare with."""
    for name, values in parameters.lists():
        for value in values:
            try:
                clean_text(name)
                clean_text(value)
            except Unstorable as error:
                label = name.encode(errors="replace").decode().replace("\x00", "�")
                raise ValidationError({label: [str(error.sentence)]}) from error
