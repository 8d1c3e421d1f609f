import zoneinfo
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from events.leases import Leased, LeasedQuerySet

LONGEST_LINE = 200  # characters of a title or a mail's subject


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(name)s” is not a time zone, e.g. Europe/Sarajevo."), params={"name": name}
        )


class Unit(models.Model):
    """A part of the organisation: a brand, a location in it, a team there. Customers and staff belong to units.

    `path` holds the ids from the top to the unit, as in "/1/4/": a subtree is what begins with its root's path.
    """

    class Kind(models.TextChoices):
        BRAND = "brand", _("Brand")
        LOCATION = "location", _("Location")
        TEAM = "team", _("Team")

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )
    path = models.CharField(max_length=200, editable=False, blank=True, default="")

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="one_unit_per_name_and_parent"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(parent=None), name="one_unit_per_name_at_the_top"
            ),
        ]
        indexes = [models.Index(fields=["path"], name="unit_path", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A member of staff."""

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


class BusinessCalendar(models.Model):
    """When people work: hours a weekday, holidays, in a time zone."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Sarajevo", validators=[validate_time_zone]
    )

    class Meta:
        verbose_name = _("business calendar")
        verbose_name_plural = _("business calendars")

    def __str__(self) -> str:
        return self.name


class BusinessHours(models.Model):
    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.CASCADE, related_name="hours", verbose_name=_("calendar")
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("business hours")
        verbose_name_plural = _("business hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")),
                name="closes_after_opening",
                violation_error_message=_("Closing time must be after opening time."),
            ),
            models.UniqueConstraint(
                fields=["calendar", "weekday", "opens"], name="one_opening_per_weekday_and_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class HolidayQuerySet(models.QuerySet["Holiday"]):
    def whole_days(self) -> Self:
        return self.filter(opens=None)


class Holiday(models.Model):
    """A day off, or half of one: then people work from `opens` to `closes`, whatever the weekday."""

    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.CASCADE, related_name="holidays", verbose_name=_("calendar")
    )
    date = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=80)
    opens = models.TimeField(
        _("open from"), null=True, blank=True, help_text=_("For half a day off; empty: closed all day.")
    )
    closes = models.TimeField(_("open until"), null=True, blank=True)

    objects = HolidayQuerySet.as_manager()

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["date"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "date"], name="one_holiday_per_date"),
            models.CheckConstraint(
                condition=models.Q(opens=None, closes=None)
                | models.Q(opens__isnull=False, closes__isnull=False, closes__gt=models.F("opens")),
                name="half_a_day_off_has_hours",
                violation_error_message=_(
                    "Half a day off needs both times, the second after the first; leave both empty for a whole day."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"


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

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class NotificationQuerySet(models.QuerySet["Notification"]):
    def unread(self) -> Self:
        return self.filter(read_at=None)

    def before(self, other: "Notification") -> Self:
        """Those that stand below `other`, newest first."""
        return self.filter(
            models.Q(at__lt=other.at) | models.Q(at=other.at, pk__lt=other.pk), at__lte=other.at
        )


class Notification(models.Model):
    """Something one member of staff should look at; `source` makes it once (“follow-up:7:opened”)."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="notifications", verbose_name=_("user")
    )
    source = models.CharField(_("source"), max_length=120)
    title = models.CharField(_("title"), max_length=LONGEST_LINE)
    body = models.TextField(_("text"), blank=True)
    url = models.CharField(_("address"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "source"], name="one_notification_per_user_and_source")
        ]
        indexes = [
            models.Index(
                fields=["user", "-at"], condition=models.Q(read_at=None), name="notification_unread"
            ),
            models.Index(fields=["user", "-at", "-id"], name="notification_newest"),
        ]

    def __str__(self) -> str:
        return self.title


class StaffMailQuerySet(LeasedQuerySet):
    def due(self, at: datetime) -> Self:
        return self.filter(state=StaffMail.State.WAITING, due_at__lte=at)


class StaffMail(Leased):
    """An e-mail to one member of staff; `source` makes it once. Sent outside transactions, at least once."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting to be sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="staff_mails", verbose_name=_("user")
    )
    source = models.CharField(_("source"), max_length=120)
    subject = models.CharField(_("subject"), max_length=LONGEST_LINE)
    body = models.TextField(_("text"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(_("next try"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.CharField(_("what went wrong"), max_length=500, blank=True, default="")
    sent_at = models.DateTimeField(_("sent at"), null=True)

    objects = StaffMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail to staff")
        verbose_name_plural = _("mails to staff")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "source"], name="one_mail_per_user_and_source")
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="waiting"), name="staff_mail_due")
        ]

    def __str__(self) -> str:
        return self.subject


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def living(self, at: datetime) -> Self:
        """Keys that open the API: not revoked, not expired, of somebody who still works here."""
        return self.filter(revoked_at=None, user__is_active=True, user__is_staff=True).exclude(
            expires_at__lte=at
        )


class ApiKey(models.Model):
    """A program's way in. It acts for a member of staff, within its scopes; only a digest of the key is kept."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("acts for")
    )
    prefix = models.CharField(_("begins with"), max_length=12, unique=True, editable=False)
    digest = models.CharField(_("digest"), max_length=128, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class IdempotencyRecord(models.Model):
    """The answer to a write, kept beside its effect, so that the same request sent again gets the same answer."""

    actor = models.CharField(_("actor"), max_length=40)
    key = models.CharField(_("key"), max_length=255)
    digest = models.CharField(_("digest of the request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    body = models.TextField(_("answer"), blank=True, default="")
    at = models.DateTimeField(_("at"), db_index=True)

    class Meta:
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="one_record_per_actor_and_key")]

    def __str__(self) -> str:
        return f"{self.actor} {self.key}"


class AuditEntry(models.Model):
    """That somebody looked at something, or changed it. Written once, never changed."""

    class Action(models.TextChoices):
        VIEWED = "viewed", _("Viewed")
        CREATED = "created", _("Created")
        CHANGED = "changed", _("Changed")
        DELETED = "deleted", _("Deleted")
        MERGED = "merged", _("Merged")
        UNMERGED = "unmerged", _("Merge undone")
        EXPORTED = "exported", _("Exported")
        ERASED = "erased", _("Erased")

    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    action = models.CharField(_("action"), max_length=10, choices=Action)
    subject_kind = models.CharField(_("kind"), max_length=40)
    subject = models.PositiveBigIntegerField(_("number"), null=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["subject_kind", "subject", "-at"], name="audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.subject_kind} {self.subject or ''}"
