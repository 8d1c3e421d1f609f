from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.leases import Leased, LeasedQuerySet
from staff.models.people import Team, User

LONGEST_LINE = 200  # characters of a title or a mail's subject


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> Self:
        return self.filter(read_at=None)

    def before(self, other: "Notification") -> Self:
        """Those that stand below `other`, newest first."""
        return self.filter(
            models.Q(at__lt=other.at) | models.Q(at=other.at, pk__lt=other.pk), at__lte=other.at
        )


class Notification(models.Model):
    """Something one member of staff should look at; `source` makes it once (“follow-up:7:opened”)."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="notifications", verbose_name=_("user")
    )
    source = models.CharField(_("source"), max_length=120)
    title = models.CharField(_("title"), max_length=LONGEST_LINE)
    body = models.TextField(_("text"), blank=True)
    url = models.CharField(_("address"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "source"], name="one_notification_per_user_and_source")
        ]
        indexes = [
            models.Index(
                fields=["user", "-at"], condition=models.Q(read_at=None), name="notification_unread"
            ),
            models.Index(fields=["user", "-at", "-id"], name="notification_newest"),
        ]

    def __str__(self) -> str:
        return self.title


class OutgoingQuerySet(LeasedQuerySet):
    def due(self, at: datetime) -> Self:
        return self.filter(state=Outgoing.State.WAITING, due_at__lte=at)


class Outgoing(Leased):
    """Something that leaves the house: outside transactions, at least once, and given up when nobody takes it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(_("next try"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("what went wrong"), max_length=500, blank=True, default="")
    sent_at = models.DateTimeField(_("sent at"), null=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        abstract = True


class StaffMail(Outgoing):
    """An e-mail to one member of staff; `source` makes it once."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="staff_mails", verbose_name=_("user")
    )
    source = models.CharField(_("source"), max_length=120)
    subject = models.CharField(_("subject"), max_length=LONGEST_LINE)
    body = models.TextField(_("text"))

    class Meta:
        verbose_name = _("mail to staff")
        verbose_name_plural = _("mails to staff")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "source"], name="one_mail_per_user_and_source")
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="waiting"), name="staff_mail_due")
        ]

    def __str__(self) -> str:
        return self.subject


class ChatMessage(Outgoing):
    """A message to the chat of one team; `source` makes it once. What was sent keeps no text: the chat has it."""

    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, related_name="chat_messages", verbose_name=_("team")
    )
    source = models.CharField(_("source"), max_length=120)
    title = models.CharField(_("title"), max_length=LONGEST_LINE)
    text = models.TextField(_("text"), blank=True)

    class Meta:
        verbose_name = _("chat message")
        verbose_name_plural = _("chat messages")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["team", "source"], name="one_chat_message_per_team_and_source")
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], condition=models.Q(state="waiting"), name="chat_message_due"
            )
        ]

    def __str__(self) -> str:
        return self.title
