"""What members of staff are told: each one's own notifications, and what left by mail and for the chats."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display

from staff.mail_choice import MailsView
from staff.models import ChatMessage, Notification, StaffMail
from staff.outgoing import try_again
from staff.views import (
    NotificationsView,
    mark_all_read_view,
    open_notification_view,
    show_bell_view,
)


@admin.register(Notification)
class NotificationAdmin(ModelAdmin):
    """Only the pages on which each member of staff sees their own."""

    def get_urls(self) -> list[URLPattern]:
        door = self.admin_site.admin_view
        return [
            path("", door(NotificationsView.as_view(model_admin=self)), name="staff_notifications"),
            path("mails/", door(MailsView.as_view(model_admin=self)), name="staff_mail_choice"),
            path("bell/", door(show_bell_view), name="staff_bell"),
            path("read/", door(mark_all_read_view), name="staff_notifications_read"),
            path("<int:pk>/", door(open_notification_view), name="staff_notification"),
            *super().get_urls(),
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Notification | None = None) -> bool:
        return False


class OutgoingAdmin(ModelAdmin):
    """What left, what waits, and what nobody took, with the reason."""

    list_filter: Any = ["state"]
    show_full_result_count = False
    actions: Any = ["try_to_send_again"]

    @display(
        description=_("state"),
        ordering="state",
        label={
            StaffMail.State.WAITING: "info",
            StaffMail.State.SENT: "success",
            StaffMail.State.FAILED: "danger",
        },
    )
    def shown_state(self, message: StaffMail | ChatMessage) -> tuple[str, str]:
        return message.state, message.get_state_display()

    @admin.action(description=_("Try to send again"), permissions=["change"])
    def try_to_send_again(
        self, request: HttpRequest, messages: QuerySet[StaffMail] | QuerySet[ChatMessage]
    ) -> None:
        n = try_again(messages=messages, at=timezone.now())
        self.message_user(
            request,
            ngettext("%(n)s message is tried again.", "%(n)s messages are tried again.", n) % {"n": n},
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.model._meta.fields if field.editable]


@admin.register(StaffMail)
class StaffMailAdmin(OutgoingAdmin):
    list_display = ["subject", "user", "shown_state", "attempts", "sent_at", "error"]
    list_select_related = ["user"]
    search_fields = ["subject", "user__email"]


@admin.register(ChatMessage)
class ChatMessageAdmin(OutgoingAdmin):
    list_display = ["title", "team", "shown_state", "attempts", "sent_at", "error"]
    list_filter = ["state", "team"]
    list_select_related = ["team"]
    search_fields = ["title", "team__name"]
