from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from staff.models import Team, User
from surveys.models import Survey


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


class FollowUpRule(models.Model):
    """When an answer to a survey opens a follow-up, for which team, and how soon it must be contacted."""

    survey = models.OneToOneField(
        Survey, on_delete=models.CASCADE, related_name="follow_up_rule", verbose_name=_("survey")
    )
    threshold = models.PositiveSmallIntegerField(_("score at or below"), default=6)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="rules", verbose_name=_("team"))
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority, default=Priority.NORMAL)
    business_hours = models.PositiveSmallIntegerField(
        _("first contact within business hours"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("Empty: as long as the service level of its priority says."),
    )
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
