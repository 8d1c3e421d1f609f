"""How the API says no: one problem document (RFC 9457) with a code for programs and a sentence for people."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.core.exceptions import RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, OperationalError
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import (
    APIException,
    ErrorDetail,
    NotFound,
    PermissionDenied,
    ValidationError,
)
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

logger = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
WHOLE = "non_field_errors"


@dataclass(frozen=True)
class Fact:
    """What an action's exception means to a caller; without a sentence the exception's own is told."""

    status: int
    code: str
    sentence: str | Promise = ""


class Refused(APIException):
    """A problem with its own status and code."""

    def __init__(
        self, status: int, code: str, sentence: str | Promise, *, retry_after: int | None = None
    ) -> None:
        super().__init__(str(sentence), code)
        self.status_code = status
        if retry_after is not None:
            self.wait = retry_after


Meaning = Fact | Callable[[Any], APIException]


def refused(meaning: Meaning, error: Exception) -> APIException:
    if isinstance(meaning, Fact):
        return Refused(meaning.status, meaning.code, meaning.sentence or str(error))
    return meaning(error)


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """The problem document of any error a caller can cause; None lets a defect of ours be a 500."""
    problem = as_problem(error)
    if problem is None:
        return None
    request = context["request"]  # of a page that may itself be HTML or YAML
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), PROBLEM_TYPE
    headers = {}
    if challenge := getattr(problem, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(problem, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait))
    return Response(
        document_of(problem), status=problem.status_code, headers=headers, content_type=PROBLEM_TYPE
    )


def as_problem(error: Exception) -> APIException | None:
    """What a caller can cause, or should wait for; None for a defect of ours."""
    problem: APIException | None = None
    match error:
        case APIException():
            problem = error
        case Http404():
            problem = NotFound(_("There is no such record."))
        case DjangoPermissionDenied():
            problem = PermissionDenied()
        case DjangoValidationError():
            problem = ValidationError(
                error.message_dict if hasattr(error, "error_dict") else {WHOLE: error.messages}
            )
        case RequestDataTooBig():
            problem = Refused(413, "too_large", _("The request is larger than 1 MB."))
        case IntegrityError():
            logger.error("Two API requests met", exc_info=error)
            problem = Refused(409, "conflict", _("Another request changed the same just now. Try again."))
        case OperationalError():
            logger.error("The database did not answer an API request", exc_info=error)
            problem = Refused(503, "unavailable", _("The database is busy. Try again."), retry_after=5)
    return problem


def document_of(problem: APIException) -> dict[str, Any]:
    document: dict[str, Any] = {"status": problem.status_code}
    if isinstance(problem, ValidationError):
        errors = flat(problem.detail)
        first_field, sentences = next(iter(errors.items()))
        detail = sentences[0] if first_field == WHOLE else f"{first_field}: {sentences[0]}"
        return document | {"code": "invalid", "detail": detail, "errors": errors}
    code = problem.detail.code if isinstance(problem.detail, ErrorDetail) else problem.default_code
    return document | {"code": code, "detail": str(problem.detail)}


def flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Sentences by the dotted path of their field: `interactions.3.kind`."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for name, part in detail.items():
            inner = path if name == WHOLE and path else f"{path}.{name}" if path else str(name)
            found |= flat(part, inner)
        return found
    if isinstance(detail, list) and any(isinstance(part, dict | list) for part in detail):
        return flat({str(number): part for number, part in enumerate(detail) if part}, path)
    sentences = detail if isinstance(detail, list) else [detail]
    return {path or WHOLE: [str(sentence) for sentence in sentences]}
