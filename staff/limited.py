"""Staff pages that show a member of staff only what belongs to their unit."""

from typing import Any, NoReturn

from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from staff.access import is_registered, limit_of, visible


class LimitedAdmin(ModelAdmin):
    """Lists, single objects, actions, searches and pickers keep within the unit; a stranger is not found."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible(super().get_queryset(request), request.user)

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        offered: QuerySet[Any] | None = super().get_field_queryset(db, db_field, request)
        model = db_field.remote_field.model
        if not isinstance(model, type) or not issubclass(model, Model) or not is_registered(model):
            return offered
        return visible(model._default_manager.all() if offered is None else offered, request.user)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        self.keep_strangers_unknown(request, object_id)
        page: HttpResponse = super().change_view(request, object_id, *args, **kwargs)
        return page

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        self.keep_strangers_unknown(request, object_id)
        page: HttpResponse = super().delete_view(request, object_id, *args, **kwargs)
        return page

    def keep_strangers_unknown(self, request: HttpRequest, object_id: str) -> None:
        """Before permissions are looked at: “not allowed” would say that there is somebody."""
        if limit_of(request.user) and self.get_object(request, unquote(object_id)) is None:
            raise Http404

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        """Django would send them to the first page, saying that it may have been deleted."""
        raise Http404
