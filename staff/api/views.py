from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from staff.access import visible
from staff.api.errors import Meaning, refused
from staff.api.idempotency import HEADER, answer_once
from staff.api.parsing import check_query
from staff.models import User


class ApiViewSet(GenericViewSet[Any]):
    """A page of the API: it names its scopes, and what each fact an action raises means to a caller."""

    lookup_value_converter = "int"
    read_scope: str = ""
    write_scope: str = ""
    facts: ClassVar[Mapping[type[Exception], Meaning]] = {}

    def get_queryset(self) -> QuerySet[Any]:
        """What the caller may see of it: a key sees what its user does."""
        rows: QuerySet[Any] = super().get_queryset()
        return visible(rows, self.request.user)

    def scope_of(self, request: Request) -> str:
        return self.read_scope if request.method in SAFE_METHODS else self.write_scope

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        _within_limit = request._request.body  # Django refuses a body over DATA_UPLOAD_MAX_MEMORY_SIZE
        super().initial(request, *args, **kwargs)
        check_query(request.query_params)
        key = request.headers.get(HEADER)
        if key is not None and request.method not in SAFE_METHODS:
            self.once(key)

    def once(self, key: str) -> None:
        """Let the handler of this request run once for `key`."""
        name = str(self.request.method).lower()
        if handler := getattr(self, name, None):
            setattr(self, name, partial(self.write_once, handler, key))

    def write_once(self, handler: Any, key: str, request: Request, *args: Any, **kwargs: Any) -> Response:
        return answer_once(key, request, partial(handler, request, *args, **kwargs), at=timezone.now())

    def handle_exception(self, exc: Exception) -> Response:
        meaning = next((meaning for fact, meaning in self.facts.items() if isinstance(exc, fact)), None)
        return super().handle_exception(refused(meaning, exc) if meaning else exc)

    def taken(
        self, serializer: type[serializers.BaseSerializer[Any]], *, changing: Model | None = None
    ) -> dict[str, Any]:
        """The request's clean values, only those given when `changing` a row; raises ValidationError."""
        given = serializer(
            changing,
            data=self.request.data,
            partial=changing is not None,
            context=self.get_serializer_context(),
        )
        given.is_valid(raise_exception=True)
        values: dict[str, Any] = given.validated_data
        return values

    @property
    def person(self) -> User:
        """Who is calling, or for whom the calling program acts."""
        if not isinstance(self.request.user, User):
            raise NotAuthenticated
        return self.request.user

    def shown(self, row: Model, *, status: int = 200) -> Response:
        """`row` as this page shows it, read anew."""
        return Response(
            self.get_serializer(get_object_or_404(self.get_queryset(), pk=row.pk)).data, status=status
        )


class VisibleKey(serializers.PrimaryKeyRelatedField[Any]):
    """The number of a row the caller may see; of any other there is no such row."""

    def get_queryset(self) -> Any:
        rows: QuerySet[Any] = super().get_queryset()  # type: ignore[assignment]  # it has one: it is written to
        return visible(rows, self.context["request"].user)


class Input(serializers.Serializer[Any]):
    """What a caller may write: the fields named here and no others, so that a typing error is told."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values: dict[str, Any] = super().to_internal_value(data)
        if unknown := sorted(set(data) - set(self.fields)):
            raise serializers.ValidationError({name: [_("There is no such field.")] for name in unknown})
        return values
