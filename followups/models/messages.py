from datetime import datetime
from typing import Self

from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Channel
from events.leases import Leased, LeasedQuerySet
from followups.models.follow_ups import FollowUp
from staff.models import User

LONGEST_SUBJECT, LONGEST_TEXT = 200, 5000
CHANNELS = [(channel.value, channel.label) for channel in (Channel.EMAIL, Channel.SMS)]


class ReplyTemplateQuerySet(models.QuerySet["ReplyTemplate"]):
    def offered(self) -> Self:
        """Those people choose from when they write."""
        return self.filter(is_active=True, use=ReplyTemplate.Use.REPLY).order_by("name")

    def acknowledgement(self) -> Self:
        """The one that leaves by itself; empty where nobody wants that."""
        return self.filter(is_active=True, use=ReplyTemplate.Use.ACKNOWLEDGEMENT)


class ReplyTemplate(models.Model):
    """Words that fit many customers, in each language; followups/conversations/wording.py says what may stand in braces."""

    class Use(models.TextChoices):
        REPLY = "reply", _("A person chooses it")
        ACKNOWLEDGEMENT = "acknowledged", _("Sent by itself when a customer has written")

    name = models.CharField(_("name"), max_length=80, unique=True, validators=[MinLengthValidator(2)])
    use = models.CharField(
        _("when it is used"),
        max_length=12,
        choices=Use,
        default=Use.REPLY,
        help_text=_(
            "What is sent by itself goes out at most once for each follow-up, never to a machine, and is no contact."
        ),
    )
    subject = models.JSONField(_("subject"), default=dict, blank=True)
    body = models.JSONField(_("text"), default=dict)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = ReplyTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("template of a reply")
        verbose_name_plural = _("templates of replies")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["use"],
                condition=Q(use="acknowledged", is_active=True),
                name="one_acknowledgement_in_use",
            )
        ]

    def __str__(self) -> str:
        return self.name


class MessageQuerySet(LeasedQuerySet):
    def due(self, at: datetime) -> Self:
        return self.filter(state=Message.State.WAITING, due_at__lte=at)

    def outgoing(self) -> Self:
        return self.filter(direction=Message.Direction.OUT)

    def incoming(self) -> Self:
        return self.filter(direction=Message.Direction.IN)

    def of_people(self) -> Self:
        return self.filter(kind=Message.Kind.PERSON)


class Message(Leased):
    """One message between us and the customer of a follow-up.

    Ours: waiting → sending → sent, and maybe returned; `unknown` is one whose sender was killed, or got no answer, while
    it handed the message over: nobody can know whether it left, and it is not sent again unless a person says so.
    """

    class Direction(models.TextChoices):
        IN = "in", _("From the customer")
        OUT = "out", _("To the customer")

    class Kind(models.TextChoices):
        PERSON = "person", _("Of a person")
        AUTOMATIC = "automatic", _("Automatic")

    class State(models.TextChoices):
        WAITING = "waiting", _("On its way out")
        SENDING = "sending", _("Being handed over")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("Sent or not: nobody can tell")
        FAILED = "failed", _("Not sent")
        RETURNED = "returned", _("Came back")
        RECEIVED = "received", _("Received")

    LOST = (State.FAILED, State.RETURNED)

    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, related_name="messages", verbose_name=_("follow-up")
    )
    direction = models.CharField(_("direction"), max_length=3, choices=Direction)
    channel = models.CharField(_("channel"), max_length=10, choices=CHANNELS)
    kind = models.CharField(_("what it is"), max_length=10, choices=Kind, default=Kind.PERSON)
    author = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    address = models.CharField(_("address"), max_length=254)
    subject = models.CharField(_("subject"), max_length=300, blank=True)
    text = models.TextField(_("text"))
    quoted = models.TextField(_("quoted"), blank=True)
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    at = models.DateTimeField(_("at"))
    state = models.CharField(_("state"), max_length=10, choices=State)
    due_at = models.DateTimeField(_("next try"), null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("what went wrong"), max_length=500, blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=250, blank=True, editable=False)
    fingerprint = models.CharField(_("fingerprint"), max_length=64, null=True, unique=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["follow_up"],
                condition=Q(direction="out", kind="automatic"),
                name="one_acknowledgement_per_follow_up",
            )
        ]
        indexes = [
            models.Index(fields=["follow_up", "at", "id"], name="message_in_thread"),
            models.Index(fields=["due_at", "id"], condition=Q(state="waiting"), name="message_due"),
            models.Index(fields=["lease_until"], condition=Q(state="sending"), name="message_being_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()} {self.at:%Y-%m-%d %H:%M}"

    @property
    def key(self) -> str:
        """What we know the present attempt by; it stands, sealed, in its Message-ID."""
        return f"followup.{self.pk}.{self.attempts}"
