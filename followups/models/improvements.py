from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from followups.models.follow_ups import FollowUp
from followups.models.rules import RootCause
from journeys.models import Touchpoint
from staff.models import Unit, User
from surveys.models import Campaign, Survey, SurveyResponse


class ImprovementQuerySet(models.QuerySet["Improvement"]):
    def open(self) -> Self:
        """Those somebody still has to do something about."""
        return self.filter(state__in=Improvement.OPEN)

    def finished(self) -> Self:
        """Done, whether or not it was measured what came of it."""
        return self.filter(state__in=Improvement.FINISHED)

    def shown_to_everybody(self) -> Self:
        """What the public page lists."""
        return self.finished().filter(is_public=True)


class Improvement(models.Model):
    """What is changed because several customers suffered from the same thing.

    proposed → planned → doing → done → measured, or declined on the way. Who raised it hears of it once it is done; what
    came of it is the score of its touchpoint in the days before and after.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        PLANNED = "planned", _("Planned")
        DOING = "doing", _("Being done")
        DONE = "done", _("Done")
        MEASURED = "measured", _("Measured")
        DECLINED = "declined", _("Declined")

    OPEN = (State.PROPOSED, State.PLANNED, State.DOING)
    FINISHED = (State.DONE, State.MEASURED)

    title = models.CharField(_("title"), max_length=120)
    plan = models.TextField(_("plan"), blank=True, default="")
    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="improvements",
        verbose_name=_("unit"),
        help_text=_("Only its customers can have raised it. Empty: the whole organisation."),
    )
    root_cause = models.ForeignKey(
        RootCause,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="improvements",
        verbose_name=_("root cause"),
    )
    touchpoint = models.ForeignKey(
        Touchpoint,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="improvements",
        verbose_name=_("touchpoint"),
        help_text=_("Where its effect is looked for. Empty: everywhere."),
    )
    survey = models.ForeignKey(
        Survey,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("survey"),
        help_text=_("Empty: all surveys that ask for the metric there."),
    )
    metric = models.CharField(_("metric"), max_length=10, default="nps")
    measured_days = models.PositiveSmallIntegerField(
        _("days compared"),
        default=60,
        validators=[MinValueValidator(7), MaxValueValidator(365)],
        help_text=_("As many before it was done as after."),
    )
    owner = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="improvements",
        verbose_name=_("owner"),
    )
    due_date = models.DateField(_("due on"), null=True, blank=True)
    cost = models.DecimalField(
        _("cost"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("In the currency of your organisation."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    you_said = models.JSONField(_("you said"), default=dict, blank=True)
    what_we_did = models.JSONField(_("we did"), default=dict, blank=True)
    is_public = models.BooleanField(_("on the public page"), default=False)
    proposed_at = models.DateTimeField(_("proposed at"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    campaigns = models.ManyToManyField(
        Campaign, editable=False, related_name="+", verbose_name=_("told by the campaigns")
    )
    told_at = models.DateTimeField(_("last told at"), null=True, editable=False)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = ImprovementQuerySet.as_manager()

    class Meta:
        verbose_name = _("improvement")
        verbose_name_plural = _("improvements")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["done", "measured"]) | Q(done_at__isnull=False),
                name="an_improvement_that_is_done_says_when",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_finished(self) -> bool:
        return self.state in self.FINISHED


class ImprovementVoice(models.Model):
    """Somebody who raised it: by a follow-up, or by an answer after which nobody was to call.

    That of a follow-up names its answer, too, so that neither is counted beside the other.
    """

    improvement = models.ForeignKey(
        Improvement, on_delete=models.CASCADE, related_name="voices", verbose_name=_("improvement")
    )
    follow_up = models.ForeignKey(
        FollowUp,
        on_delete=models.CASCADE,
        null=True,
        related_name="improvement_voices",
        verbose_name=_("follow-up"),
    )
    survey_response = models.ForeignKey(
        SurveyResponse,
        on_delete=models.CASCADE,
        null=True,
        related_name="improvement_voices",
        verbose_name=_("response"),
    )
    linked_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    linked_at = models.DateTimeField(_("linked at"))

    class Meta:
        verbose_name = _("voice of a customer")
        verbose_name_plural = _("voices of customers")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["improvement", "follow_up"], name="one_voice_per_follow_up"),
            models.UniqueConstraint(fields=["improvement", "survey_response"], name="one_voice_per_response"),
            models.CheckConstraint(
                condition=Q(follow_up__isnull=False) | Q(survey_response__isnull=False),
                name="a_voice_is_somebodys",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.improvement} · {self.follow_up or self.survey_response}"


class ImprovementStep(models.Model):
    """The history of an improvement; it grows and is not edited."""

    class Kind(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        CHANGED = "changed", _("Changed")
        LINKED = "linked", _("Linked")
        UNLINKED = "unlinked", _("Unlinked")
        PLANNED = "planned", _("Planned")
        STARTED = "started", _("Begun")
        DONE = "done", _("Done")
        TOLD = "told", _("Customers told")
        MEASURED = "measured", _("Measured")
        DECLINED = "declined", _("Declined")
        REOPENED = "reopened", _("Taken up again")
        NOTE = "note", _("Note")

    improvement = models.ForeignKey(
        Improvement, on_delete=models.CASCADE, related_name="steps", verbose_name=_("improvement")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    author = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    text = models.TextField(_("text"), blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("step of an improvement")
        verbose_name_plural = _("steps of improvements")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"


class TellingCampaign(models.Model):
    """By which campaign those who raised an improvement of a unit hear that it is done."""

    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="telling_campaigns",
        verbose_name=_("unit"),
        help_text=_("It holds for all below it, too. Empty: wherever no other is chosen."),
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("campaign"),
        limit_choices_to={"kind": Campaign.Kind.BY_API, "is_by_hand": False},
        help_text=_(
            "One that waits for programs and asks “Is it better now?”. "
            "Its message says {you_said} and {what_we_did}."
        ),
    )

    class Meta:
        verbose_name = _("campaign that tells customers")
        verbose_name_plural = _("campaigns that tell customers")
        constraints = [
            models.UniqueConstraint(
                Coalesce("unit", 0),
                name="one_telling_campaign_per_unit",
                violation_error_message=_("A campaign is chosen for this unit already: change that one."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit or _('Everywhere else')}: {self.campaign}"
