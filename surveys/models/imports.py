from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.imports.uploads import FileImport, Refusal
from staff.models import User
from surveys.models.surveys import Survey, SurveyVersion


class ResponseImport(FileImport):
    """One file of answers that another tool took, on its way in.

    `mapping` says what each column is, by its place: {"3": "date", "5": "question:12"}.
    """

    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="response_imports", verbose_name=_("survey")
    )
    version = models.ForeignKey(
        SurveyVersion,
        on_delete=models.PROTECT,
        null=True,
        db_index=False,  # found by the survey
        related_name="+",
        verbose_name=_("version"),
    )
    tool = models.CharField(_("tool"), max_length=20, blank=True)
    labels = models.JSONField(_("second line of the header"), default=list, blank=True)
    days_first = models.BooleanField(_("the day stands before the month"), default=False)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    source = models.CharField(_("source"), max_length=30, blank=True)
    taken_count = models.PositiveIntegerField(_("taken over"), default=0)
    again_count = models.PositiveIntegerField(_("already there"), default=0)
    known_count = models.PositiveIntegerField(_("of known customers"), default=0)

    class Meta:
        verbose_name = _("import of answers")
        verbose_name_plural = _("imports of answers")
        ordering = ["-pk"]


class RefusedLine(Refusal):
    """A line of a file of answers that was not taken over."""

    response_import = models.ForeignKey(
        ResponseImport, on_delete=models.CASCADE, related_name="refused_lines", verbose_name=_("import")
    )

    class Meta:
        verbose_name = _("refused line")
        verbose_name_plural = _("refused lines")
        ordering = ["pk"]


class SurveyOrigin(models.Model):
    """The file of another tool that a survey was made from, and what of it has no place here, in whole sentences."""

    survey = models.OneToOneField(
        Survey, on_delete=models.CASCADE, related_name="origin", verbose_name=_("survey")
    )
    file_name = models.CharField(_("file name"), max_length=255)
    questions_taken = models.PositiveSmallIntegerField(_("questions taken over"))
    left_out = models.JSONField(_("left out"), default=list, blank=True)
    taken_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    taken_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("origin of a survey")
        verbose_name_plural = _("origins of surveys")

    def __str__(self) -> str:
        return self.file_name
