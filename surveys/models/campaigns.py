from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Channel, Segment
from journeys.models import Interaction, Touchpoint
from staff.models import Unit, User
from surveys.models.surveys import Survey

MOST_REMINDERS = (
    2  # an invitation remembers when each of its mails went out: the first, the last, and one between
)


def by_mail() -> list[str]:
    return [Channel.EMAIL.value]


class Sender(models.Model):
    """Who a campaign's messages come from: a brand's own name and address."""

    name = models.CharField(_("name customers read"), max_length=120)
    address = models.EmailField(_("e-mail address"))
    reply_to = models.EmailField(_("where replies go"), blank=True)
    sms_name = models.CharField(
        _("sender of SMS"),
        max_length=20,
        blank=True,
        help_text=_("A number, or up to eleven letters where the provider allows it."),
    )
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="senders", verbose_name=_("brand")
    )

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["name", "address"], name="one_sender_per_name_and_address")
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def due(self, at: datetime) -> Self:
        return self.filter(state=Campaign.State.SCHEDULED, starts_at__lte=at)


class Campaign(models.Model):
    """A survey, asked of a segment, from a start time on.

    Once; or again and again, each customer on a day of their own in every period; or when something happened; or one by
    one, as programs ask for it.
    """

    class Kind(models.TextChoices):
        ONCE = "once", _("Once")
        RECURRING = "recurring", _("Again and again")
        TRIGGERED = "triggered", _("When something happened")
        BY_API = "by_api", _("By programs, one by one")

    class Compare(models.TextChoices):
        IS = "is", _("is")
        IS_NOT = "is_not", _("is not")
        CONTAINS = "contains", _("contains")
        AT_LEAST = "at_least", _("is at least")
        AT_MOST = "at_most", _("is at most")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    name = models.CharField(_("name"), max_length=120, unique=True)
    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("survey")
    )
    segment = models.ForeignKey(
        Segment,
        on_delete=models.PROTECT,
        related_name="campaigns",
        null=True,
        blank=True,
        verbose_name=_("segment"),
    )
    kind = models.CharField(_("when it asks"), max_length=10, choices=Kind, default=Kind.ONCE)
    channels = models.JSONField(
        _("channels"), default=by_mail
    )  # in order: the next is tried where one cannot be used
    sender = models.ForeignKey(
        Sender,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        verbose_name=_("sender"),
    )
    subject = models.JSONField(_("subject"), default=dict)
    body = models.JSONField(_("message"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("takes answers until"), null=True, blank=True)
    every_weeks = models.PositiveSmallIntegerField(_("every so many weeks"), default=12)
    trigger = models.CharField(
        _("what happened"), max_length=20, choices=Interaction.Kind, blank=True, default=""
    )
    trigger_touchpoint = models.ForeignKey(
        Touchpoint,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="triggered_campaigns",
        verbose_name=_("where it happened"),
    )
    trigger_detail = models.CharField(
        _("only where this detail"), max_length=60, blank=True, default="", db_default=""
    )
    trigger_compare = models.CharField(
        _("compares so"), max_length=10, choices=Compare, blank=True, default="", db_default=""
    )
    trigger_value = models.CharField(_("with this"), max_length=200, blank=True, default="", db_default="")
    delay_hours = models.PositiveSmallIntegerField(_("hours to wait before asking"), default=0)
    cooldown_days = models.PositiveSmallIntegerField(
        _("days before the same customer is asked again"), default=30
    )
    send_at = models.TimeField(_("time of day, by the customer's clock"), null=True, blank=True)
    per_hour = models.PositiveIntegerField(_("messages an hour at most"), null=True, blank=True)
    free_at = models.DateTimeField(
        null=True, editable=False
    )  # when its next messages may leave: surveys/contact/pacing.py
    sample_percent = models.PositiveSmallIntegerField(_("share that is asked, in percent"), default=100)
    sample_size = models.PositiveIntegerField(_("people asked at most"), null=True, blank=True)
    control_percent = models.PositiveSmallIntegerField(_("control group, in percent"), default=0)
    subject_b = models.JSONField(_("second subject to compare"), default=dict, blank=True)
    compare_percent = models.PositiveSmallIntegerField(
        _("share that gets each subject, in percent"), default=10
    )
    compare_hours = models.PositiveSmallIntegerField(_("hours until the better one is chosen"), default=24)
    better_subject = models.CharField(max_length=1, blank=True, default="", editable=False)  # "a" or "b"
    remind_after_days = models.PositiveSmallIntegerField(_("remind after days"), default=3)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=1)
    remind_at = models.DateTimeField(null=True, editable=False)  # before it nobody is due to be reminded
    approved_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("approved by"),
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    approved_of = models.CharField(
        max_length=64, blank=True, default="", editable=False
    )  # a digest of what stood behind it then
    cleared_of = models.CharField(
        max_length=64, blank=True, default="", db_default="", editable=False
    )  # the same, of when it was last found that it may go out
    held_at = models.DateTimeField(
        _("held back since"), null=True, blank=True, editable=False
    )  # scheduled or paused, until somebody agrees to it (again)
    approval_requested_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("approval asked for by"),
    )
    approval_requested_at = models.DateTimeField(
        _("approval asked for at"), null=True, blank=True, editable=False
    )
    launched_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("launched by"),
    )
    is_by_hand = models.BooleanField(default=False, editable=False)  # its links are handed out one by one
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-pk"]
        permissions = [("launch_campaign", _("Can launch, pause and cancel campaigns"))]
        constraints = [
            models.UniqueConstraint(
                fields=["survey"],
                condition=models.Q(is_by_hand=True),
                name="one_campaign_by_hand_per_survey",
            ),
            models.CheckConstraint(
                condition=models.Q(reminders__lte=MOST_REMINDERS), name="reminders_an_invitation_remembers"
            ),
            models.CheckConstraint(
                condition=models.Q(sample_percent__lte=100, control_percent__lte=90, compare_percent__lte=50),
                name="shares_of_a_campaign",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def was_paused_by_somebody(self) -> bool:
        """Held since its approval was asked for: until then it was paused, and not because anything had changed."""
        return self.held_at is not None and self.held_at == self.approval_requested_at


class Wave(models.Model):
    """One round of a campaign; planned once, in one statement.

    A recurring campaign has a round for each of its periods, and `days_planned` says how much of it is planned.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="waves", verbose_name=_("campaign")
    )
    number = models.PositiveIntegerField(_("number"), default=1)
    planned_at = models.DateTimeField(_("planned at"), null=True)
    days_planned = models.PositiveSmallIntegerField(_("days planned"), default=0)

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="one_wave_per_number")]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.number}"
