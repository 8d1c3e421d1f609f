"""What goes wrong below /api/ before a view of the API is reached, or in one: a problem document there too.

Every other address keeps Django's pages.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.utils.translation import gettext as _
from django.views import defaults
from rest_framework.exceptions import APIException, NotFound, ParseError, PermissionDenied

from staff.api.errors import PROBLEM_TYPE, Refused, document_of

API = "/api/"


def is_for_the_api(request: HttpRequest) -> bool:
    return f"{request.path_info}/".startswith(API)


def problem_page(problem: APIException) -> JsonResponse:
    return JsonResponse(document_of(problem), status=problem.status_code, content_type=PROBLEM_TYPE)


def answer_bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django would not read."""
    if is_for_the_api(request):
        return problem_page(ParseError(_("This request could not be read")))
    return defaults.bad_request(request, exception)


def answer_forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page the caller may not open."""
    if is_for_the_api(request):
        return problem_page(PermissionDenied())
    return defaults.permission_denied(request, exception)


def answer_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that leads nowhere."""
    if is_for_the_api(request):
        return problem_page(NotFound(_("There is nothing at this address.")))
    return defaults.page_not_found(request, exception)


def answer_defect(request: HttpRequest) -> HttpResponse | HttpResponseServerError:
    """A defect of ours; what it was stands in the log alone."""
    if is_for_the_api(request):
        return problem_page(Refused(500, "error", _("Something went wrong on our side")))
    return defaults.server_error(request)
