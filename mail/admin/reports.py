"""What others told about our messages. Read only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from events.admin import ReadOnlyAdmin
from events.columns import moment_column
from mail.models import DeliveryReport
from mail.reading import Kind

COLOURS = {
    Kind.SENT: "info",
    Kind.DELIVERED: "success",
    Kind.DELAYED: "warning",
    Kind.BOUNCED: "danger",
    Kind.UNDELIVERED: "warning",
    Kind.REJECTED: "danger",
    Kind.COMPLAINED: "danger",
    Kind.UNSUBSCRIBED: "danger",
    Kind.OPENED: "info",
    Kind.CLICKED: "info",
}


@admin.register(DeliveryReport)
class DeliveryReportAdmin(ReadOnlyAdmin):
    shown_at = moment_column(DeliveryReport, "at")
    list_display = [
        "shown_at",
        "shown_kind",
        "channel",
        "provider",
        "key",
        "message_id",
        "is_machine",
        "words",
    ]
    list_display_links = None
    list_filter = ["kind", "channel", "is_machine", "at"]
    list_filter_submit = True
    search_fields = ["message_id__exact", "key__exact", "digest__exact"]
    search_help_text = _("The whole number of a message, or the fingerprint of an address")
    ordering = ["-pk"]
    sortable_by = ()
    list_before_template = "mail/reports_note.html"

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("what happened"), label=COLOURS)
    def shown_kind(self, report: DeliveryReport) -> tuple[str, str]:
        return report.kind, report.get_kind_display()
