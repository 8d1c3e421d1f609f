"""Who may call: programs with a key and its scopes, staff with their session and permissions."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from events.boundary import Unstorable, clean_text
from staff.api.scopes import scopes
from staff.api_keys import use_api_key
from staff.models import ApiKey, User


class BearerKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer cx_…`: the request acts for the key's user, within the key's scopes."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey] | None:
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            key = use_api_key(clean_text(text.strip()), at=timezone.now())
        except Unstorable:
            key = None
        if key is None:
            raise AuthenticationFailed(_("This key is unknown, expired or revoked."))
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class IsStaff(BasePermission):
    """A living key, or a member of staff."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated and request.user.is_staff)


class HasScope(IsStaff):
    """The view's scope for this method: held by the key, or the same permission held by the person."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if request.method not in view.allowed_methods:
            raise MethodNotAllowed(str(request.method))  # there is no scope that would allow it
        scope = view.scope_of(request)
        if isinstance(request.auth, ApiKey):
            if scope in request.auth.scopes:
                return True
            raise PermissionDenied(_("This key lacks the scope %(scope)s.") % {"scope": scope})
        return bool(request.user.has_perm(scopes()[scope].permission))
