from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation


class StaffLanguageMiddleware:
    """The staff site speaks the language its user chose, on every device."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not (request.path.startswith(reverse("admin:index")) and request.user.is_authenticated):
            return self.get_response(request)
        with translation.override(request.user.language):
            request.LANGUAGE_CODE = request.user.language
            reply = self.get_response(request)
        reply.headers.setdefault("Content-Language", request.user.language)
        return reply
