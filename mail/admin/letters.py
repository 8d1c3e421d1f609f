"""What came to us by mail and SMS. Read only: an answer of a customer stands in its thread, a stranger's mail is only counted."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from events.admin import ReadOnlyAdmin
from events.columns import moment_column
from mail.models import ReceivedLetter


@admin.register(ReceivedLetter)
class ReceivedLetterAdmin(ReadOnlyAdmin):
    shown_received_at = moment_column(ReceivedLetter, "received_at")
    shown_read_at = moment_column(ReceivedLetter, "read_at")
    list_display = ["shown_received_at", "channel", "shown_kind", "is_automatic", "key", "shown_read_at"]
    list_display_links = None
    list_filter = ["channel", "is_automatic", "received_at"]
    list_filter_submit = True
    search_fields = ["key__exact"]
    search_help_text = _("The whole number of a message")
    ordering = ["-pk"]
    sortable_by = ()
    list_before_template = "mail/letters_note.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReceivedLetter]:
        return super().get_queryset(request).defer("content")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("what it is"), label={"answer": "success", "stranger": "info"})
    def shown_kind(self, letter: ReceivedLetter) -> tuple[str, str]:
        if letter.key:
            return "answer", gettext("Answer to a message of ours")
        return "stranger", gettext("Anything else")
