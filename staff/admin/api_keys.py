from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from staff.api.scopes import scopes
from staff.api_keys import create_api_key, revoke_api_keys
from staff.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """Keys are made, shown once, and revoked; they are never changed."""

    list_display = ["name", "prefix", "user", "shown_state", "expires_at", "last_used_at"]
    list_select_related = ["user"]
    list_filter = ["user"]
    search_fields = ["name", "prefix"]
    autocomplete_fields = ["user"]
    show_full_result_count = False
    actions = ["revoke"]

    def get_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        if obj is None:
            return ["name", "user", "scopes", "expires_at"]
        return [
            "name",
            "prefix",
            "user",
            "scopes_held",
            "created_at",
            "expires_at",
            "revoked_at",
            "last_used_at",
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> list[str]:
        return [] if obj is None else self.get_fields(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        if db_field.name != "scopes":
            field: forms.Field | None = super().formfield_for_dbfield(db_field, request, **kwargs)
            return field
        return forms.MultipleChoiceField(
            label=_("Scopes"),
            choices=[
                (name, scope.label)
                for name, scope in scopes().items()
                if request.user.has_perm(scope.permission)  # nobody gives away what they may not do
            ],
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        one_at_a_time = {"show_save_and_add_another": False, "show_save_and_continue": False}
        page: HttpResponse = super().render_change_form(request, context | one_at_a_time, *args, **kwargs)
        return page

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:  # noqa: FBT001  Django's call
        chosen = form.cleaned_data
        key, text = create_api_key(
            name=chosen["name"],
            user=chosen["user"],
            scopes=chosen["scopes"],
            expires_at=chosen["expires_at"],
            at=timezone.now(),
        )
        obj.pk, obj.prefix = key.pk, key.prefix
        obj.shown_once = text  # type: ignore[attr-defined]  # not a field: it is never kept

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: Any = None) -> HttpResponse:
        page = TemplateResponse(
            request,
            "staff/api_key_created.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Your new key"),
                "opts": self.opts,
                "key": obj,
            },
        )
        add_never_cache_headers(page)
        return page

    @display(description=_("state"), label={"living": "success", "revoked": "danger", "expired": "warning"})
    def shown_state(self, key: ApiKey) -> tuple[str, Any]:
        if key.revoked_at:
            return "revoked", _("Revoked")
        if key.expires_at and key.expires_at <= timezone.now():
            return "expired", _("Expired")
        return "living", _("In use")

    @display(description=_("scopes"))
    def scopes_held(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, keys: QuerySet[ApiKey]) -> None:
        n = revoke_api_keys(keys=list(keys.values_list("pk", flat=True)), at=timezone.now())
        self.message_user(request, ngettext("%(n)s key is revoked.", "%(n)s keys are revoked.", n) % {"n": n})

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        """To revoke, from the list; no page changes a key."""
        return obj is None and bool(super().has_change_permission(request))

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False
