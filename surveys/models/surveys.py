from typing import Self

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from journeys.models import Touchpoint
from staff.models import Unit, User

COLOUR = RegexValidator(r"\A#[0-9a-f]{6}\Z", _("Write the colour as # and six digits, such as #0a6c74."))


class Theme(models.Model):
    """How the pages of a brand look to its customers."""

    class Font(models.TextChoices):
        SYSTEM = "system", _("The device's own")
        SERIF = "serif", _("Serif")
        ROUNDED = "rounded", pgettext_lazy("font", "Rounded")
        MONO = "mono", _("Typewriter")

    class Corners(models.TextChoices):
        ROUNDED = "rounded", pgettext_lazy("corners", "Rounded")
        SQUARE = "square", _("Square")

    name = models.CharField(_("name"), max_length=120, unique=True)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, null=True, blank=True, related_name="themes", verbose_name=_("brand")
    )
    accent = models.CharField(_("colour"), max_length=7, default="#0a6c74", validators=[COLOUR])
    ground = models.CharField(_("background"), max_length=7, default="#f1f6f7", validators=[COLOUR])
    font = models.CharField(_("font"), max_length=10, choices=Font, default=Font.SYSTEM)
    corners = models.CharField(_("corners"), max_length=10, choices=Corners, default=Corners.ROUNDED)
    logo = models.BinaryField(_("logo"), null=True, blank=True, editable=False)
    logo_type = models.CharField(max_length=20, blank=True, default="", editable=False)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("theme")
        verbose_name_plural = _("themes")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Survey(models.Model):
    """What we ask. Texts are kept per language: {"en": "…", "fa": "…"}.

    The texts here and the questions are the draft; customers see the published version.
    """

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
    thanks_by_band = models.JSONField(_("thank-you texts by score"), default=dict, blank=True)
    review_url = models.URLField(_("where happy customers may write a review"), blank=True, default="")
    theme = models.ForeignKey(
        Theme,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="surveys",
        verbose_name=_("theme"),
    )
    version = models.ForeignKey(
        "surveys.SurveyVersion",
        on_delete=models.RESTRICT,  # it goes with the survey
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("published version"),
    )
    is_open = models.BooleanField(_("takes answers"), default=True)
    closes_at = models.DateTimeField(_("takes answers until"), null=True, blank=True)
    quota = models.PositiveIntegerField(
        _("answers wanted"),
        null=True,
        blank=True,
        help_text=_("When so many have come, it closes by itself."),
    )
    taken = models.PositiveIntegerField(_("answers taken"), default=0, editable=False)  # of the quota
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


class SurveyVersion(models.Model):
    """A survey as it was published: never changed again. `contents` is what questionnaires.py reads."""

    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, related_name="versions", verbose_name=_("survey")
    )
    number = models.PositiveIntegerField(_("version"))
    contents = models.JSONField(_("contents"))
    published_at = models.DateTimeField(_("published at"))
    published_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("version of a survey")
        verbose_name_plural = _("versions of surveys")
        ordering = ["survey", "number"]
        constraints = [models.UniqueConstraint(fields=["survey", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.survey} · {self.number}"


class QuestionQuerySet(models.QuerySet["Question"]):
    def present(self) -> Self:
        """Those of the draft: not taken out of it."""
        return self.filter(removed_at=None)


class Question(models.Model):
    """One question of a survey's draft. Answers point at it for good, so one that was published is never deleted."""

    class Kind(models.TextChoices):
        NPS = "nps", _("NPS (0–10)")
        CSAT = "csat", _("CSAT (1–5)")
        CSAT3 = "csat3", _("CSAT (1–3)")
        CES = "ces", _("CES (1–7)")
        CES5 = "ces5", _("CES (1–5)")
        EFFORT = "effort", _("Effort (1–5, low is good)")
        CHOICE = "choice", _("One choice")
        CHOICES = "choices", _("Several choices")
        MATRIX = "matrix", _("Rating matrix")
        RANKING = "ranking", _("Ranking")
        TEXT = "text", _("Short text")
        COMMENT = "comment", _("Comment")
        YESNO = "yesno", _("Yes or no")
        NUMBER = "number", _("Number")
        DATE = "date", _("Date")
        EMAIL = "email", _("E-mail address")
        PHONE = "phone", _("Telephone number")
        FILE = "file", _("File or picture")
        STATEMENT = "statement", pgettext_lazy("kind of question", "Statement")

    survey = models.ForeignKey(
        Survey, on_delete=models.CASCADE, related_name="questions", verbose_name=_("survey")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    key = models.SlugField(_("short name"), max_length=30)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    text = models.JSONField(_("wording"), default=dict, blank=True)
    help = models.JSONField(_("explanation"), default=dict, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    show_if = models.JSONField(_("shown if"), default=dict, blank=True)
    ends_if = models.JSONField(_("ends the survey if"), default=dict, blank=True)
    starts_page = models.BooleanField(_("starts a new page"), default=False)
    removed_at = models.DateTimeField(_("removed at"), null=True, editable=False)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["survey", "key"], name="one_question_per_key")]

    def __str__(self) -> str:
        return f"{self.position}. {self.get_kind_display()}"
