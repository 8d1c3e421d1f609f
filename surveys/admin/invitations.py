"""The send ledger."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display

from customers.admin.paging import KeysetChangeList, KeysetPaginator
from events.columns import moment_column
from staff.limited import LimitedAdmin
from staff.views import member
from surveys.admin.history import HistoryView
from surveys.campaigns.retrying import retry_invitations
from surveys.ledger.fates import story
from surveys.models import Invitation


@admin.register(Invitation)
class InvitationAdmin(LimitedAdmin):
    """The send ledger, row by row: what became of everybody, and why."""

    shown_sent_at = moment_column(Invitation, "sent_at")
    shown_answered_at = moment_column(Invitation, "answered_at")
    list_display = [
        "shown_customer",
        "shown_campaign",
        "channel",
        "shown_state",
        "shown_why",
        "shown_sent_at",
        "reminders_sent",
        "shown_answered_at",
    ]
    list_display_links = None
    list_filter = ["state", "reason", "channel", "cap", "wave__campaign"]
    list_select_related = ["customer__merged_into", "wave__campaign", "cap"]
    sortable_by = ()
    search_fields = ["address__startswith"]
    paginator = KeysetPaginator
    list_per_page = 50
    show_full_result_count = False
    actions = ["send_refused_again", "send_unknown_again"]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(HistoryView.as_view(model_admin=self))
        return [path("history/<int:pk>/", page, name="surveys_history"), *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """By key: the ledger of a large campaign is as quick at its end as at its beginning."""
        return KeysetChangeList

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("surveys.launch_campaign")

    @action(description=gettext_lazy("Send again what was refused"), permissions=["send"])
    def send_refused_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        self.send_again(request, queryset, Invitation.State.FAILED)

    @action(
        description=gettext_lazy("Send again what is unknown; some may get it twice"), permissions=["send"]
    )
    def send_unknown_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        self.send_again(request, queryset, Invitation.State.UNKNOWN)

    def send_again(
        self, request: HttpRequest, queryset: QuerySet[Invitation], state: Invitation.State
    ) -> None:
        chosen = list(queryset.values_list("pk", flat=True))
        by = member(request)
        planned = retry_invitations(invitations=chosen, state=state, by=by, at=timezone.now())
        messages.success(request, _("%(count)s will be sent again.") % {"count": planned})
        if planned < len(chosen):
            messages.warning(
                request,
                _(
                    "%(count)s stay as they are: they are in another state, answered or a test, the address came"
                    " back or is suppressed, or the campaign has ended."
                )
                % {"count": len(chosen) - planned},
            )

    @display(description=gettext_lazy("customer"))
    def shown_customer(self, invitation: Invitation) -> str:
        customer = invitation.customer
        page = reverse("admin:surveys_history", args=[customer.pk])
        if customer.merged_into_id:  # who has no history of their own any more
            page = reverse("admin:customers_customer_change", args=[customer.merged_into_id])
        return format_html(
            '<span><a class="cx-link" dir="auto" href="{}">{}</a> <bdi dir="ltr">{}</bdi></span>',
            page,
            customer,
            invitation.address,
        )

    @display(description=gettext_lazy("campaign"))
    def shown_campaign(self, invitation: Invitation) -> str:
        return invitation.wave.campaign.name

    @display(description=gettext_lazy("state"))
    def shown_state(self, invitation: Invitation) -> str:
        return _("Test") if invitation.is_test else invitation.state_in_words

    @display(description=gettext_lazy("why"))
    def shown_why(self, invitation: Invitation) -> str:
        return " · ".join(filter(None, (story(invitation), invitation.error))) or "–"
