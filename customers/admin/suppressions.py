from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from customers.admin.paging import KeysetChangeList, KeysetPaginator
from customers.consent import KIND_OF_CHANNEL, suppress
from customers.identities import NotAnIdentity, digest_of, normal_form
from customers.models import Channel, Suppression
from events.columns import moment_column


class SuppressionForm(forms.ModelForm):
    address = forms.CharField(
        label=_("Address"),
        max_length=320,
        widget=UnfoldAdminTextInputWidget(attrs={"dir": "ltr"}),
        help_text=_("An e-mail address or a phone number. Only a fingerprint of it is kept."),
    )

    class Meta:
        model = Suppression
        fields = ("channel",)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "channel" in cleaned and "address" in cleaned:
            kind = KIND_OF_CHANNEL[Channel(cleaned["channel"])]
            try:
                normal = normal_form(kind=kind, value=cleaned["address"], country="")
            except NotAnIdentity as error:
                raise ValidationError({"address": str(error)}) from error
            self.instance.digest = digest_of(normal)
        return cleaned


@admin.register(Suppression)
class SuppressionAdmin(ModelAdmin):
    """Addresses nobody writes to; looking one up needs the address itself."""

    shown_at = moment_column(Suppression, "at")
    form = SuppressionForm
    list_display = ["shown_digest", "channel", "reason", "shown_at"]
    list_filter = ["channel", "reason"]
    search_fields = ["digest"]
    search_help_text = _("The whole address")
    sortable_by = ()
    paginator = KeysetPaginator
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        digests = []
        for kind in KIND_OF_CHANNEL.values():
            try:
                digests.append(digest_of(normal_form(kind=kind, value=search_term, country="")))
            except NotAnIdentity:
                continue
        return (queryset.filter(digest__in=digests) if search_term.strip() else queryset), False

    def has_change_permission(self, request: HttpRequest, obj: Suppression | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Suppression, form: Any, change: Any) -> None:
        """An address that is on the list already stays there with its first reason."""
        at = timezone.now()
        suppress(channel=obj.channel, digest=obj.digest, reason=Suppression.Reason.BY_STAFF, at=at)
        obj.pk = Suppression.objects.get(channel=obj.channel, digest=obj.digest).pk

    @display(description=_("fingerprint"))
    def shown_digest(self, suppression: Suppression) -> str:
        return f"{suppression.digest[:12]}…"
