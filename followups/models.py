from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from staff.models import Team, User
from surveys.models import Survey, SurveyResponse


class FollowUpRule(models.Model):
    """When an answer to a survey opens a follow-up, for which team, and how soon it must be contacted."""

    survey = models.OneToOneField(
        Survey, on_delete=models.CASCADE, related_name="follow_up_rule", verbose_name=_("survey")
    )
    threshold = models.PositiveSmallIntegerField(_("score at or below"), default=6)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="rules", verbose_name=_("team"))
    business_hours = models.PositiveSmallIntegerField(_("first contact within business hours"), default=8)
    last_owner = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("last owner"),
    )

    class Meta:
        verbose_name = _("follow-up rule")
        verbose_name_plural = _("follow-up rules")

    def __str__(self) -> str:
        return f"{self.survey} ≤ {self.threshold} → {self.team}"


class RootCause(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        verbose_name = _("root cause")
        verbose_name_plural = _("root causes")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def open(self) -> Self:
        """Not resolved yet."""
        return self.exclude(state=FollowUp.State.RESOLVED)

    def overdue(self, at: datetime) -> Self:
        """Nobody contacted the customer by the time it was due."""
        return self.open().filter(state=FollowUp.State.OPEN, due_at__lt=at)


class FollowUp(models.Model):
    """One unhappy customer on somebody's desk, with a clock on it."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CONTACTED = "contacted", _("Contacted")
        RESOLVED = "resolved", _("Resolved")

    class Outcome(models.TextChoices):
        SOLVED = "solved", _("Solved")
        PARTLY = "partly", _("Partly solved")
        NOT_SOLVED = "not_solved", _("Could not be solved")
        NOT_REACHED = "not_reached", _("Customer not reached")

    rule = models.ForeignKey(
        FollowUpRule, on_delete=models.PROTECT, related_name="follow_ups", verbose_name=_("rule")
    )
    survey_response = models.ForeignKey(
        SurveyResponse, on_delete=models.CASCADE, related_name="follow_ups", verbose_name=_("response")
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, related_name="follow_ups", verbose_name=_("customer")
    )
    score = models.PositiveSmallIntegerField(_("score"))
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="follow_ups", verbose_name=_("team")
    )
    owner = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="follow_ups",
        verbose_name=_("owner"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(_("opened at"))
    due_at = models.DateTimeField(_("due at"))
    contacted_at = models.DateTimeField(_("contacted at"), null=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True)
    escalated_at = models.DateTimeField(_("escalated at"), null=True)
    root_cause = models.ForeignKey(
        RootCause,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="follow_ups",
        verbose_name=_("root cause"),
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True, default="")
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "survey_response"], name="one_follow_up_per_rule_and_response"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=~Q(state="resolved"), name="follow_up_open"),
            models.Index(
                fields=["owner", "-state", "due_at", "id"],
                condition=~Q(state="resolved"),
                name="follow_up_of_owner",
            ),
            models.Index(
                fields=["team", "-state", "due_at", "id"],
                condition=~Q(state="resolved"),
                name="follow_up_of_team",
            ),
            models.Index(
                fields=["due_at"], condition=Q(state="open", escalated_at=None), name="follow_up_to_escalate"
            ),
            models.Index(
                fields=["-resolved_at", "-id"], condition=Q(state="resolved"), name="follow_up_resolved"
            ),
        ]

    def __str__(self) -> str:
        return f"{_('Follow-up')} {self.pk}"


class FollowUpStep(models.Model):
    """The history of a follow-up; it grows and is not edited."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        TAKEN = "taken", _("Taken")
        HANDED_OVER = "handed_over", _("Handed over")
        NOTE = "note", _("Note")
        CONTACT = "contact", _("Contact")
        ESCALATED = "escalated", _("Escalated")
        RESOLVED = "resolved", _("Resolved")
        REOPENED = "reopened", _("Reopened")

    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, related_name="steps", verbose_name=_("follow-up")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    author = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    text = models.TextField(_("text"), blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
