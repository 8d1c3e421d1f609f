from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Segment
from followups.models.playbooks import Playbook
from journeys.models import Touchpoint
from staff.models import Team, Unit, User
from surveys.models import Survey, Topic


class Priority(models.IntegerChoices):
    URGENT = 1, _("Urgent")
    HIGH = 2, _("High")
    NORMAL = 3, _("Normal")
    LOW = 4, _("Low")


class ServiceLevel(models.Model):
    """How soon follow-ups of one priority are contacted and resolved, in business hours of their team."""

    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, unique=True)
    contact_hours = models.PositiveSmallIntegerField(
        _("first contact within business hours"), validators=[MinValueValidator(1)]
    )
    resolve_hours = models.PositiveSmallIntegerField(
        _("resolved within business hours"), validators=[MinValueValidator(1)]
    )
    warn_hours = models.PositiveSmallIntegerField(
        _("remind the owner business hours before"), help_text=_("0: the owner is not reminded.")
    )
    manager_hours = models.PositiveSmallIntegerField(
        _("tell the team's manager business hours after"),
        help_text=_("Counted from when it was due; its lead learns of it then."),
    )

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")
        ordering = ["priority"]

    def __str__(self) -> str:
        return self.get_priority_display()


class Signal(models.TextChoices):
    """What can call for a follow-up."""

    ANSWER = "answer", _("an answer to a survey")
    REVIEW = "review", _("a review")
    MESSAGE = "message", _("a message")
    CALL_REQUEST = "call_request", _("a request to be called")
    AT_RISK = "at_risk", _("a customer at risk")
    BY_HAND = "by_hand", _("a colleague")


class FollowUpRuleQuerySet(models.QuerySet["FollowUpRule"]):
    def in_order(self) -> Self:
        """Those that hold, in the order in which they are asked."""
        return self.filter(is_active=True).order_by("position", "pk")


class FollowUpRule(models.Model):
    """What opens a follow-up, for whom, and how soon. Rules are asked in order; the first that fits decides.

    An empty condition holds for everybody.
    """

    class Policy(models.TextChoices):
        ALWAYS = "always", _("contact always")
        CAPACITY = "capacity", _("contact while capacity lasts")
        CAUSE_ONLY = "cause_only", _("thank, and fix the cause only")

    SIGNALS = [choice for choice in Signal.choices if choice[0] != Signal.BY_HAND]

    position = models.PositiveSmallIntegerField(_("place"), default=0, db_index=True)
    is_active = models.BooleanField(_("in use"), default=True)
    signal = models.CharField(
        _("what came in"),
        max_length=12,
        choices=SIGNALS,
        default=Signal.ANSWER,
        help_text=_(
            "A customer at risk is one who comes into the segment below, such as “risk of leaving at least 70”."
        ),
    )
    survey = models.ForeignKey(
        Survey,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="follow_up_rules",
        verbose_name=_("survey"),
    )
    threshold = models.PositiveSmallIntegerField(
        _("score at or below"),
        null=True,
        blank=True,
        help_text=_(
            "Empty: the unhappy scores of its scale, such as 0 to 6 of NPS, 1 to 2 of CSAT and of a review."
        ),
    )
    fell_by = models.PositiveSmallIntegerField(
        _("score fell by at least"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Points below the customer’s answer before. Alone it asks for no unhappy score."),
    )
    topic = models.ForeignKey(
        Topic,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("topic of a comment"),
    )
    touchpoint = models.ForeignKey(
        Touchpoint,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("touchpoint"),
    )
    segment = models.ForeignKey(
        Segment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customers of the segment"),
        help_text=_(
            "A segment also says what is at stake: customers who spend much, or whose contract ends soon."
        ),
    )
    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("customers of the unit"),
    )
    policy = models.CharField(
        _("policy"),
        max_length=10,
        choices=Policy,
        default=Policy.ALWAYS,
        help_text=_("Whom to call: everybody, as many as can be called well, or nobody."),
    )
    daily_capacity = models.PositiveSmallIntegerField(
        _("follow-ups a day"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_(
            "The most unhappy and those who spent most come first; who waited three days is not called any more."
        ),
    )
    control_percent = models.PositiveSmallIntegerField(
        _("not called on purpose, in percent"),
        default=0,
        validators=[MaxValueValidator(50)],
        help_text=_("A random share that is not called, to learn what calling changes. 0: nobody."),
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="rules", verbose_name=_("team"))
    owner = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("Empty: the members of the team in turn."),
    )
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    business_hours = models.PositiveSmallIntegerField(
        _("first contact within business hours"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: as long as the service level of its priority says."),
    )
    playbook = models.ForeignKey(
        Playbook,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rules",
        verbose_name=_("playbook"),
        help_text=_("Its steps stand as a checklist in each follow-up."),
    )
    last_owner = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("last owner"),
    )

    objects = FollowUpRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up rule")
        verbose_name_plural = _("follow-up rules")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(policy="capacity") | Q(daily_capacity__gte=1), name="capacity_is_a_number"
            ),
            models.CheckConstraint(
                condition=~Q(signal="at_risk") | Q(segment__isnull=False), name="risk_is_a_segment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def opens(self) -> bool:
        """Whether anybody is called at all."""
        return self.policy != self.Policy.CAUSE_ONLY


class RootCauseQuerySet(models.QuerySet["RootCause"]):
    def in_use(self) -> Self:
        """Those that may be chosen, as long as what they stand below may be."""
        return self.filter(is_active=True)


class RootCause(models.Model):
    """What went wrong, as the organisation names it; what stands below a cause is a kind of it."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("a kind of"),
    )
    position = models.PositiveSmallIntegerField(
        _("place among its sisters"),
        default=0,
        help_text=_("Those with the same place stand by their names."),
    )
    is_active = models.BooleanField(
        _("in use"),
        default=True,
        help_text=_(
            "Out of use it is not offered any more, nor what stands below it; what was counted stays."
        ),
    )

    objects = RootCauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("root cause")
        verbose_name_plural = _("root causes")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
