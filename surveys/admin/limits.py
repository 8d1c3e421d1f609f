"""How fast messages may leave: by a channel, and to one receiving domain."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from customers.identities import normal_domain
from customers.models import Channel
from staff.views import member
from surveys.contact.policy import drop_limit, keep_limit
from surveys.models import SendingLimit

MOST_A_MINUTE = 1_000_000


class LimitForm(forms.ModelForm):
    class Meta:
        model = SendingLimit
        fields = ("channel", "domain", "per_minute")

    def clean_domain(self) -> str:
        """As addresses are kept: lower case, in its ASCII form."""
        written: str = self.cleaned_data["domain"].lower().removeprefix("@")
        domain = normal_domain(written) if written else ""
        if domain is None:
            raise ValidationError(
                _("This is not a domain. Write what stands behind the @, such as gmail.com.")
            )
        return domain

    def clean_per_minute(self) -> int:
        per_minute: int = self.cleaned_data["per_minute"]
        if per_minute > MOST_A_MINUTE:
            raise ValidationError(
                _("So many a minute are no limit. Write at most %(most)s, or delete the limit.")
                % {"most": MOST_A_MINUTE}
            )
        return per_minute

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if given.get("domain") and given.get("channel") != Channel.EMAIL:
            self.add_error("domain", _("Only e-mail has receiving domains. Leave it empty for this channel."))
        return given


@admin.register(SendingLimit)
class SendingLimitAdmin(ModelAdmin):
    form = LimitForm
    list_display = ["channel", "shown_domain", "per_minute"]
    fields = [("channel", "domain"), "per_minute"]
    list_before_template = "surveys/limits_note.html"
    show_full_result_count = False

    @admin.display(description=gettext_lazy("receiving domain"), ordering="domain")
    def shown_domain(self, limit: SendingLimit) -> str:
        return limit.domain or _("all")

    def save_model(self, request: HttpRequest, obj: SendingLimit, form: Any, change: bool) -> None:  # noqa: FBT001  Django's
        keep_limit(limit=obj, by=member(request), at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: SendingLimit) -> None:
        drop_limit(limit=obj, by=member(request), at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SendingLimit]) -> None:
        for limit in queryset:
            drop_limit(limit=limit, by=member(request), at=timezone.now())
