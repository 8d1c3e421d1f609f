from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Channel, Customer, Segment
from events.leases import Leased, LeasedQuerySet
from journeys.models import Touchpoint
from staff.models import User


class Survey(models.Model):
    """What we ask. Texts are kept per language: {"en": "…", "fa": "…"}."""

    class Kind(models.TextChoices):
        RELATIONSHIP = "relationship", _("Relationship")
        TRANSACTIONAL = "transactional", _("Transactional")

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=15, choices=Kind, default=Kind.RELATIONSHIP)
    touchpoint = models.ForeignKey(
        Touchpoint,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="surveys",
        verbose_name=_("touchpoint"),
    )
    language = models.CharField(_("main language"), max_length=10, choices=settings.LANGUAGES, default="en")
    title = models.JSONField(_("title"), default=dict, blank=True)
    intro = models.JSONField(_("introduction"), default=dict, blank=True)
    thanks = models.JSONField(_("thank-you text"), default=dict, blank=True)
    is_open = models.BooleanField(_("takes answers"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    changed_at = models.DateTimeField(
        _("changed at"), auto_now=True
    )  # whoever edits a question saves the survey

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class QuestionQuerySet(models.QuerySet["Question"]):
    def answered(self) -> Self:
        """Those somebody answered: they keep their kind and are not removed."""
        return self.filter(Exists(Answer.objects.filter(question=OuterRef("pk"))))


class Question(models.Model):
    class Kind(models.TextChoices):
        NPS = "nps", _("NPS (0–10)")
        CSAT = "csat", _("CSAT (1–5)")
        CES = "ces", _("CES (1–7)")
        COMMENT = "comment", _("Comment")

    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, related_name="questions", verbose_name=_("survey")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    text = models.JSONField(_("wording"), default=dict, blank=True)
    is_required = models.BooleanField(_("required"), default=False)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.position}. {self.get_kind_display()}"


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def due(self, at: datetime) -> Self:
        return self.filter(state=Campaign.State.SCHEDULED, starts_at__lte=at)


class Campaign(models.Model):
    """A survey, asked of a segment, from a start time on."""

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
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.EMAIL)
    subject = models.JSONField(_("subject"), default=dict)
    body = models.JSONField(_("message"), default=dict)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    starts_at = models.DateTimeField(_("starts at"), null=True, blank=True)
    ends_at = models.DateTimeField(_("takes answers until"), null=True, blank=True)
    remind_after_days = models.PositiveSmallIntegerField(_("remind after days"), default=3)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=1)
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

    def __str__(self) -> str:
        return self.name


class Wave(models.Model):
    """One round of a campaign; planned once, in one statement."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="waves", verbose_name=_("campaign")
    )
    number = models.PositiveIntegerField(_("number"), default=1)
    planned_at = models.DateTimeField(_("planned at"), null=True)

    class Meta:
        verbose_name = _("wave")
        verbose_name_plural = _("waves")
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="one_wave_per_number")]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.number}"


class InvitationQuerySet(LeasedQuerySet):
    def due(self, at: datetime) -> Self:
        """Waiting to be sent, by a campaign that is sending now."""
        return self.filter(
            state=Invitation.State.PLANNED, due_at__lte=at, wave__campaign__state=Campaign.State.SENDING
        )

    def asked(self) -> Self:
        """Those that reached the mail server: the base of the response rate."""
        return self.filter(sent_at__isnull=False)


class Invitation(Leased):
    """The send ledger: for each customer of a wave exactly one row that says what became of it, and why.

    planned → claimed → sending → sent | failed | unknown; excluded from the start when `reason` says why.
    A reminder takes the same row through planned … sent again, with `reminders_sent` one higher.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        CLAIMED = "claimed", _("Being prepared")
        SENDING = "sending", _("Being handed over")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("Unknown: interrupted while being handed over")
        FAILED = "failed", _("Refused by the mail server")
        EXCLUDED = "excluded", _("Excluded")
        CANCELLED = "cancelled", _("Cancelled")

    class Reason(models.TextChoices):
        NONE = "", ""
        NO_ADDRESS = "no_address", _("no e-mail address")
        NO_CONSENT = "no_consent", _("consent for surveys by e-mail withdrawn")
        SUPPRESSED = "suppressed", _("address is on the suppression list")
        DUPLICATE_ADDRESS = "duplicate_address", _("another customer of this wave has the same address")
        REFUSED = "refused", _("the mail server refused the address")
        CLOSED = "closed", _("the campaign ended first")
        SAME_PERSON = "same_person", _("the same person is asked under another record")

    PENDING = (State.PLANNED, State.CLAIMED, State.SENDING)  # something is still to come

    wave = models.ForeignKey(
        Wave,
        on_delete=models.CASCADE,
        related_name="invitations",
        db_index=False,  # invitation_wave_state begins with it
        verbose_name=_("wave"),
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("customer")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True, default="")
    error = models.CharField(_("answer of the mail server"), max_length=500, blank=True, default="")
    address = models.CharField(_("address"), max_length=320, blank=True, default="")
    digest = models.CharField(_("digest"), max_length=64, blank=True, default="", editable=False)
    language = models.CharField(_("language"), max_length=10, default="en")
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("first sent at"), null=True)
    reminders_sent = models.PositiveSmallIntegerField(_("reminders sent"), default=0)
    reminded_at = models.DateTimeField(_("last reminded at"), null=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    is_test = models.BooleanField(_("test"), default=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["wave", "customer"],
                condition=Q(is_test=False),
                name="one_invitation_per_wave_and_customer",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="planned"), name="invitation_due"),
            models.Index(
                fields=["lease_until"],
                condition=Q(lease_until__isnull=False),
                name="invitation_leased",
            ),
            models.Index(fields=["wave", "state"], name="invitation_wave_state"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.get_state_display()}"


class SurveyResponseQuerySet(models.QuerySet["SurveyResponse"]):
    def counted(self) -> Self:
        """Answers that count: not the tests."""
        return self.filter(is_test=False)


class SurveyResponse(models.Model):
    """What one customer answered. `score` is the answer to the survey's first score question."""

    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="responses", verbose_name=_("survey")
    )
    invitation = models.OneToOneField(
        Invitation,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="survey_response",
        verbose_name=_("invitation"),
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="responses",
        verbose_name=_("campaign"),
    )
    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="responses",
        verbose_name=_("customer"),
    )
    touchpoint = models.ForeignKey(
        Touchpoint,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="responses",
        verbose_name=_("touchpoint"),
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.EMAIL)
    language = models.CharField(_("language"), max_length=10, default="en")
    submitted_at = models.DateTimeField(_("submitted at"))
    score_kind = models.CharField(
        _("score kind"), max_length=10, choices=Question.Kind, blank=True, default=""
    )
    score = models.PositiveSmallIntegerField(_("score"), null=True)
    has_comment = models.BooleanField(_("has a comment"), default=False)
    is_test = models.BooleanField(_("test"), default=False)

    objects = SurveyResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["-submitted_at", "-pk"]
        indexes = [
            models.Index(fields=["-submitted_at", "-id"], name="response_newest"),
            models.Index(fields=["survey", "-submitted_at"], name="response_survey"),
            models.Index(fields=["customer", "-submitted_at"], name="response_customer"),
            models.Index(
                fields=["-submitted_at", "-id"],
                condition=Q(has_comment=True, is_test=False),
                name="response_commented",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score_kind.upper()} {self.score}" if self.score is not None else f"#{self.pk}"


class Answer(models.Model):
    survey_response = models.ForeignKey(
        SurveyResponse, on_delete=models.CASCADE, related_name="answers", verbose_name=_("response")
    )
    question = models.ForeignKey(
        Question, on_delete=models.PROTECT, related_name="answers", verbose_name=_("question")
    )
    score = models.PositiveSmallIntegerField(_("score"), null=True)
    text = models.TextField(_("text"), blank=True, default="")

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["survey_response", "question"], name="one_answer_per_question"),
            models.CheckConstraint(condition=Q(score=None) | Q(score__lte=10), name="score_on_a_scale"),
        ]

    def __str__(self) -> str:
        return self.text[:50] if self.score is None else str(self.score)
