from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from mail.outbound import NotReached, check_url
from staff.models.calendars import BusinessCalendar
from staff.models.units import Unit


def validate_web_address(address: str) -> None:
    try:
        check_url(address)
    except NotReached as error:
        raise ValidationError(_("Copy the whole address; it begins with https://.")) from error


class User(AbstractUser):
    """A member of staff."""

    class Mails(models.TextChoices):
        """How mails about follow-ups come; the bell tells of everything, whatever is chosen."""

        AT_ONCE = "at_once", _("Each at once")
        DAILY = "daily", _("One mail a day")
        NONE = "none", _("No mails")

    email = models.EmailField(_("email address"), unique=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="staff",
        verbose_name=_("sees only"),
        help_text=_("Customers of this unit and of those below it. Empty: all customers."),
    )
    mails = models.CharField(
        _("mails about follow-ups"),
        max_length=8,
        choices=Mails,
        default=Mails.AT_ONCE,
        db_default=Mails.AT_ONCE,
    )
    mails_hour = models.PositiveSmallIntegerField(
        _("hour of the one mail a day"), default=8, db_default=8, validators=[MaxValueValidator(23)]
    )
    escalations_at_once = models.BooleanField(
        _("what is overdue in their teams comes at once"), default=True, db_default=True
    )

    objects: ClassVar[UserManager[Self]] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class Absence(models.Model):
    """Days on which somebody is away: what they own and what falls due meanwhile is handed to others."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences", verbose_name=_("user"))
    first_day = models.DateField(_("first day away"))
    last_day = models.DateField(_("last day away"))

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="an_absence_ends_after_it_began",
                violation_error_message=_("The last day must not lie before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} – {self.last_day}"


class Team(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    lead = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="led_teams",
        verbose_name=_("lead"),
    )
    manager = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="managed_teams",
        verbose_name=_("manager"),
        help_text=_("Whom the lead answers to: learns of what stays overdue."),
    )
    members = models.ManyToManyField(User, related_name="teams", blank=True, verbose_name=_("members"))
    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.PROTECT, related_name="teams", verbose_name=_("business calendar")
    )
    chat_address = models.CharField(
        _("chat address"),
        max_length=500,
        blank=True,
        default="",
        validators=[validate_web_address],
        help_text=_(
            "An incoming webhook of Slack, Mattermost or Rocket.Chat. Everybody in that chat reads the customer’s "
            "name and score, never what they wrote. Empty: nothing is posted."
        ),
    )

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
