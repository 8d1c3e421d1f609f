from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Channel, Customer
from journeys.models import Touchpoint
from surveys.models.campaigns import Campaign
from surveys.models.invitations import Invitation
from surveys.models.links import SurveyLink
from surveys.models.surveys import Question, Survey, SurveyVersion


class AnswerChannel(models.TextChoices):
    """The way by which an answer came."""

    EMAIL = Channel.EMAIL.value, _("E-mail")
    SMS = Channel.SMS.value, _("SMS")
    APP = Channel.APP.value, _("Your own app")
    WEB = "web", _("Open link")
    QR = "qr", _("QR code")
    KIOSK = "kiosk", _("Kiosk")
    EMBED = "embed", _("On your website")
    PHONE = "phone", _("Telephone")
    API = "api", _("API")
    IMPORT = "import", pgettext_lazy("channel", "Import")


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
        db_index=False,  # response_campaign begins with it
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
    version = models.ForeignKey(
        SurveyVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="responses",
        db_index=False,  # the survey's responses are found by survey
        verbose_name=_("version"),
    )
    link = models.ForeignKey(
        SurveyLink,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="responses",
        db_index=False,  # response_link leaves out those that came by no link
        verbose_name=_("way to ask"),
    )
    key = models.CharField(max_length=32, null=True, editable=False)
    channel = models.CharField(_("channel"), max_length=10, choices=AnswerChannel, default=Channel.EMAIL)
    language = models.CharField(_("language"), max_length=10, default="en")
    submitted_at = models.DateTimeField(_("submitted at"))
    score_kind = models.CharField(
        _("score kind"), max_length=10, choices=Question.Kind, blank=True, default=""
    )
    score = models.PositiveSmallIntegerField(_("score"), null=True)
    has_comment = models.BooleanField(_("has a comment"), default=False)
    is_complete = models.BooleanField(_("complete"), default=True)
    seconds = models.PositiveIntegerField(_("seconds taken"), null=True)
    context = models.JSONField(_("occasion"), default=dict, blank=True)
    source = models.CharField(_("source"), max_length=30, blank=True, default="")
    source_id = models.CharField(max_length=100, blank=True, default="", editable=False)
    is_test = models.BooleanField(_("test"), default=False)

    objects = SurveyResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("response")
        verbose_name_plural = _("responses")
        ordering = ["-submitted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(key__isnull=False), name="one_response_per_key"
            ),
            models.UniqueConstraint(
                fields=["survey", "source", "source_id"],
                condition=~Q(source_id=""),
                name="one_response_per_imported_id",
            ),
        ]
        indexes = [
            models.Index(fields=["link"], condition=Q(link__isnull=False), name="response_link"),
            models.Index(fields=["-submitted_at", "-id"], name="response_newest"),
            models.Index(fields=["survey", "-submitted_at"], name="response_survey"),
            models.Index(fields=["campaign", "-submitted_at"], name="response_campaign"),
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
    value: Any = models.JSONField(
        _("value"), null=True
    )  # what is neither a score nor a text: surveys/questions/checking.py

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["survey_response", "question"], name="one_answer_per_question"),
            models.CheckConstraint(condition=Q(score=None) | Q(score__lte=10), name="score_on_a_scale"),
        ]

    def __str__(self) -> str:
        return self.text[:50] if self.score is None else str(self.score)


class StartedResponseQuerySet(models.QuerySet["StartedResponse"]):
    def resting(self, since: datetime) -> Self:
        """Those nobody went on with, and whose fate is not decided."""
        return self.filter(saved_at__lt=since, is_settled=False)


class StartedResponse(models.Model):
    """A response somebody is still giving, page by page. It counts nowhere: finishing it makes the response.

    One that nobody finishes is settled (surveys/answering/settling.py): it becomes a partial response, or stays as a break-off.
    """

    version = models.ForeignKey(SurveyVersion, on_delete=models.CASCADE, related_name="started")
    invitation = models.OneToOneField(
        Invitation, on_delete=models.CASCADE, null=True, related_name="started_response"
    )
    link = models.ForeignKey(SurveyLink, on_delete=models.CASCADE, null=True, related_name="started")
    key = models.CharField(max_length=32, null=True, unique=True)
    answers = models.JSONField(default=dict)  # question id as a text → the answer as check_answer takes it
    page = models.PositiveSmallIntegerField(default=0)  # the furthest that was reached
    language = models.CharField(max_length=10, default="en")
    context = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()
    is_settled = models.BooleanField(default=False)

    objects = StartedResponseQuerySet.as_manager()

    class Meta:
        verbose_name = _("started response")
        verbose_name_plural = _("started responses")
        indexes = [
            models.Index(fields=["saved_at"], condition=Q(is_settled=False), name="started_resting"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class Upload(models.Model):
    """A file a customer gave with an answer. Its bytes lie outside of what the web server hands out.

    The name on the disk is our own; `name` is what the customer called it.
    """

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="uploads")
    survey_response = models.ForeignKey(
        SurveyResponse, on_delete=models.CASCADE, null=True, related_name="uploads"
    )
    file = models.FileField(_("file"), upload_to="answers/%Y/%m/")
    name = models.CharField(_("name"), max_length=200)
    type = models.CharField(_("type"), max_length=60)
    size = models.PositiveIntegerField(_("size"))
    uploaded_at = models.DateTimeField(_("uploaded at"))

    class Meta:
        verbose_name = _("file of a customer")
        verbose_name_plural = _("files of customers")

    def __str__(self) -> str:
        return self.name
