from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from followups.models.rules import FollowUpRule, Priority, RootCause, Signal
from journeys.models import Interaction, Touchpoint
from staff.models import Team, User
from surveys.models import Survey, SurveyResponse


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def open(self) -> Self:
        """Not resolved yet."""
        return self.exclude(state=FollowUp.State.RESOLVED)

    def running(self) -> Self:
        """Those whose clock runs: somebody here has to do something next."""
        return self.filter(state__in=FollowUp.RUNNING)

    def with_names(self) -> Self:
        """What was answered and where it happened, as `survey_name` and `touchpoint_name`.

        Joined, they would make PostgreSQL join all rows before it picks a page of them: of more than eight tables it
        keeps to the order in which they are written (join_collapse_limit).
        """
        places = Touchpoint.objects.order_by()
        surveys = Survey.objects.filter(pk=OuterRef("survey_response__survey")).order_by()
        return self.annotate(
            survey_name=Subquery(surveys.values("name")),
            touchpoint_name=Coalesce(
                Subquery(places.filter(pk=OuterRef("survey_response__touchpoint")).values("name")),
                Subquery(places.filter(pk=OuterRef("interaction__touchpoint")).values("name")),
            ),
        )

    def overdue(self, at: datetime) -> Self:
        """Not contacted, or not resolved, by the time it was due."""
        return self.running().filter(due_at__lt=at)


class FollowUp(models.Model):
    """One customer on somebody's desk, with a clock on it: because of an answer, of something else that came in, or
    because a colleague says so.

    open → contacted ⇄ waiting → resolved; reopening starts a new leg, open again, and keeps the one before as a row of
    its own. Two clocks follow each other: until the first contact, then until it is resolved; `due_at` is the end of the
    one that runs. While the customer has to do something it stands still.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        CONTACTED = "contacted", _("Contacted")
        WAITING = "waiting", _("Waiting for the customer")
        RESOLVED = "resolved", _("Resolved")

    RUNNING = (State.OPEN, State.CONTACTED)

    class Rung(models.IntegerChoices):
        """Of the ladder: who has been told that time runs out."""

        NOBODY = 0, _("Nobody")
        OWNER = 1, _("Owner")
        LEAD = 2, _("Lead")
        MANAGER = 3, _("Manager")

    class Outcome(models.TextChoices):
        SOLVED = "solved", _("Solved")
        PARTLY = "partly", _("Partly solved")
        NOT_SOLVED = "not_solved", _("Could not be solved")
        NOT_REACHED = "not_reached", _("Customer not reached")
        MERGED = "merged", _("Merged into another")

    OUTCOMES = [choice for choice in Outcome.choices if choice[0] != "merged"]  # what a person resolves with

    source = models.CharField(
        _("because of"), max_length=12, choices=Signal, default=Signal.ANSWER, editable=False
    )
    rule = models.ForeignKey(
        FollowUpRule, on_delete=models.PROTECT, null=True, related_name="follow_ups", verbose_name=_("rule")
    )
    survey_response = models.ForeignKey(
        SurveyResponse,
        on_delete=models.CASCADE,
        null=True,
        related_name="follow_ups",
        verbose_name=_("response"),
    )
    interaction = models.OneToOneField(
        Interaction,
        on_delete=models.SET_NULL,
        null=True,
        related_name="follow_up",
        verbose_name=_("interaction"),
    )
    summary = models.TextField(_("what happened"), blank=True, default="")
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, related_name="follow_ups", verbose_name=_("customer")
    )
    score = models.PositiveSmallIntegerField(_("score"), null=True)
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
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    opened_at = models.DateTimeField(_("opened at"))
    leg = models.PositiveSmallIntegerField(_("leg"), default=1)
    leg_opened_at = models.DateTimeField(_("opened at, this time"))
    contact_due_at = models.DateTimeField(_("contact due at"))
    acknowledged_at = models.DateTimeField(_("acknowledged automatically at"), null=True)
    contacted_at = models.DateTimeField(_("contacted at"), null=True)
    resolve_due_at = models.DateTimeField(_("resolution due at"), null=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True)
    waiting_since = models.DateTimeField(_("waiting since"), null=True)
    wakes_at = models.DateTimeField(_("waiting until"), null=True)
    paused = models.DurationField(_("business time waited for the customer"), default=timedelta)
    due_at = models.DateTimeField(_("due at"))
    warn_at = models.DateTimeField(_("owner reminded at"), null=True)
    manager_at = models.DateTimeField(_("manager told at"), null=True)
    rung = models.PositiveSmallIntegerField(
        _("who was told"), choices=Rung, default=Rung.NOBODY, editable=False
    )
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
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["survey_response"], name="one_follow_up_per_response"),
            models.CheckConstraint(
                condition=~Q(source="answer") | Q(survey_response__isnull=False, score__isnull=False),
                name="an_answer_has_a_score",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=~Q(state="resolved"), name="follow_up_open"),
            models.Index(
                fields=["owner", "due_at", "id"], condition=~Q(state="resolved"), name="follow_up_of_owner"
            ),
            models.Index(
                fields=["team", "due_at", "id"], condition=~Q(state="resolved"), name="follow_up_of_team"
            ),
            models.Index(fields=["wakes_at"], condition=Q(state="waiting"), name="follow_up_waiting"),
            models.Index(
                fields=["rung", "due_at"],
                condition=Q(state__in=["open", "contacted"], rung__lt=3),
                name="follow_up_to_escalate",
            ),
            models.Index(
                fields=["-resolved_at", "-id"], condition=Q(state="resolved"), name="follow_up_resolved"
            ),
            models.Index(fields=["rule", "opened_at"], name="follow_up_of_rule"),
        ]

    def __str__(self) -> str:
        return f"{_('Follow-up')} {self.pk}"


class JoinedSignal(models.Model):
    """What else came in about a customer whose follow-up is open: it joins that one instead of opening a second."""

    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, related_name="joined", verbose_name=_("follow-up")
    )
    survey_response = models.OneToOneField(
        SurveyResponse,
        on_delete=models.CASCADE,
        null=True,
        related_name="joined",
        verbose_name=_("response"),
    )
    interaction = models.OneToOneField(
        Interaction,
        on_delete=models.CASCADE,
        null=True,
        related_name="joined",
        verbose_name=_("interaction"),
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("what joined a follow-up")
        verbose_name_plural = _("what joined follow-ups")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.follow_up} + {self.survey_response or self.interaction}"


class NotCalled(models.Model):
    """What a rule noticed without opening a follow-up: nobody was to be called, there was no room, or on purpose."""

    class Reason(models.TextChoices):
        WAITING = "waiting", _("waits for a free place")
        CAPACITY = "capacity", _("no free place in three days")
        CONTROL = "control", _("by chance, to compare")
        CAUSE_ONLY = "cause_only", _("thanked only")

    rule = models.ForeignKey(
        FollowUpRule, on_delete=models.CASCADE, related_name="not_called", verbose_name=_("rule")
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, related_name="not_called", verbose_name=_("customer")
    )
    survey_response = models.OneToOneField(
        SurveyResponse,
        on_delete=models.CASCADE,
        null=True,
        related_name="not_called",
        verbose_name=_("response"),
    )
    interaction = models.OneToOneField(
        Interaction,
        on_delete=models.CASCADE,
        null=True,
        related_name="not_called",
        verbose_name=_("interaction"),
    )
    reason = models.CharField(_("why not"), max_length=10, choices=Reason)
    severity = models.FloatField(_("how unhappy, from 0 to 1"), default=0)
    value = models.DecimalField(_("spent in a year"), max_digits=14, decimal_places=2, default=0)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("person not called")
        verbose_name_plural = _("people not called")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(
                fields=["rule", "-severity", "-value", "at"],
                condition=Q(reason="waiting"),
                name="not_called_waiting",
            ),
            models.Index(fields=["customer", "rule", "at"], name="not_called_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.customer or self.survey_response} · {self.get_reason_display()}"


class FollowUpVisit(models.Model):
    """Somebody looks at a follow-up, or did a moment ago: whoever opens it, too, sees that they are not alone."""

    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, related_name="visits", verbose_name=_("follow-up")
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", verbose_name=_("user"))
    seen_at = models.DateTimeField(_("seen at"), db_index=True)

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints = [
            models.UniqueConstraint(fields=["follow_up", "user"], name="one_visit_per_follow_up_and_user"),
        ]

    def __str__(self) -> str:
        return f"{self.follow_up} · {self.user}"


class FollowUpLeg(models.Model):
    """A follow-up from its opening to its resolution, kept when it was opened again."""

    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, related_name="legs", verbose_name=_("follow-up")
    )
    number = models.PositiveSmallIntegerField(_("leg"))
    opened_at = models.DateTimeField(_("opened at"))
    contact_due_at = models.DateTimeField(_("contact due at"))
    acknowledged_at = models.DateTimeField(_("acknowledged automatically at"), null=True)
    contacted_at = models.DateTimeField(_("contacted at"), null=True)
    resolve_due_at = models.DateTimeField(_("resolution due at"), null=True)
    resolved_at = models.DateTimeField(_("resolved at"))
    paused = models.DurationField(_("business time waited for the customer"), default=timedelta)
    root_cause = models.ForeignKey(
        RootCause, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("root cause")
    )
    outcome = models.CharField(_("outcome"), max_length=12, choices=FollowUp.Outcome, blank=True, default="")

    class Meta:
        verbose_name = _("earlier leg")
        verbose_name_plural = _("earlier legs")
        ordering = ["follow_up", "number"]
        constraints = [
            models.UniqueConstraint(fields=["follow_up", "number"], name="one_leg_per_number"),
        ]

    def __str__(self) -> str:
        return f"{self.follow_up} ({self.number})"


class FollowUpStep(models.Model):
    """The history of a follow-up; it grows and is not edited."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        JOINED = "joined", _("Answered again")
        MERGED = "merged", _("Merged")
        PROMISED = "promised", _("Promised")
        DONE = "done", _("Done")
        GOODWILL = "goodwill", _("Goodwill granted")
        CONFIRMED = "confirmed", _("Customer says it is solved")
        NOT_SOLVED = "not_solved", _("Customer says it is not solved")
        TAKEN = "taken", _("Taken")
        HANDED_OVER = "handed_over", _("Handed over")
        NOTE = "note", _("Note")
        CONTACT = "contact", _("Contact")
        REACHED = "reached", _("Reached by telephone")
        NO_ANSWER = "no_answer", _("Called: no answer")
        LEFT_MESSAGE = "left_message", _("Called: left a message")
        REFUSED = "refused", _("Called: did not want to talk")
        REPLIED = "replied", _("Wrote to the customer")
        ACKNOWLEDGED = "acknowledged", _("Acknowledged by itself")
        ANSWERED = "answered", _("The customer answered")
        AUTOMATIC = "automatic", _("Automatic reply")
        RETURNED = "returned", _("Message did not arrive")
        WAITING = "waiting", _("Waiting for the customer")
        RESUMED = "resumed", _("Goes on")
        PRIORITY = "priority", _("Priority changed")
        WARNED = "warned", _("Owner reminded")
        ESCALATED = "escalated", _("Escalated")
        MANAGER = "manager", _("Manager told")
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
