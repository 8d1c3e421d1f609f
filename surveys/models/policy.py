from typing import Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from customers.models import Channel
from staff.models import BusinessCalendar
from surveys.models.surveys import Survey


class ContactCapQuerySet(models.QuerySet["ContactCap"]):
    def working(self) -> Self:
        return self.filter(is_active=True)


class ContactCap(models.Model):
    """At most `most` messages to a customer in any `days` days: of one channel or kind of survey, or of all.

    Invitations count, and so do their reminders. Who has had as many is asked later, not left out.
    """

    most = models.PositiveSmallIntegerField(
        _("messages at most"), default=1, validators=[MinValueValidator(1)]
    )
    days = models.PositiveSmallIntegerField(
        _("in so many days"), default=30, validators=[MinValueValidator(1)]
    )
    survey_kind = models.CharField(
        _("kind of survey"),
        max_length=15,
        choices=Survey.Kind,
        blank=True,
        default="",
        help_text=_("Empty: any."),
    )
    channel = models.CharField(
        _("channel"), max_length=10, choices=Channel, blank=True, default="", help_text=_("Empty: any.")
    )
    is_active = models.BooleanField(_("works"), default=True)

    objects = ContactCapQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact cap")
        verbose_name_plural = _("contact caps")
        ordering = ["days", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["days", "survey_kind", "channel"], name="one_cap_per_days_kind_and_channel"
            ),
            models.CheckConstraint(condition=Q(most__gte=1, days__gte=1), name="cap_of_at_least_one"),
        ]

    def __str__(self) -> str:
        """“1 message in 30 days · SMS”."""
        messages = ngettext("%(most)s message", "%(most)s messages", self.most) % {"most": self.most}
        words = ngettext("%(messages)s in %(days)s day", "%(messages)s in %(days)s days", self.days) % {
            "messages": messages,
            "days": self.days,
        }
        narrower = [
            str(self.get_survey_kind_display()) if self.survey_kind else "",
            str(self.get_channel_display()) if self.channel else "",
        ]
        return " · ".join(filter(None, (words, *narrower)))


class ContactRules(models.Model):
    """The hours and days on which nobody is written to, and when a second person must agree. One row."""

    quiet_from = models.TimeField(
        _("quiet from"),
        null=True,
        blank=True,
        help_text=_("By the customer's own clock. May go over midnight."),
    )
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    calendar = models.ForeignKey(
        BusinessCalendar,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("holidays of"),
        help_text=_("Nobody is written to on the holidays of this calendar."),
    )
    approval_from = models.PositiveIntegerField(
        _("a second person agrees from so many recipients on"), null=True, blank=True
    )

    class Meta:
        verbose_name = _("contact rules")
        verbose_name_plural = _("contact rules")

    def __str__(self) -> str:
        return str(_("Contact rules"))

    def clean(self) -> None:
        if (self.quiet_from is None) != (self.quiet_until is None):
            raise ValidationError(_("Give both ends of the quiet hours, or neither."))
        if self.quiet_from is not None and self.quiet_from == self.quiet_until:
            raise ValidationError(_("Quiet hours that begin when they end would never let anybody be asked."))


class SendingLimit(models.Model):
    """How many messages a minute a channel's provider, or a domain that receives mail, is sent at most."""

    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.EMAIL)
    domain = models.CharField(
        _("receiving domain"),
        max_length=253,
        blank=True,
        default="",
        help_text=_("Such as gmail.com. Empty: everything that leaves by this channel."),
    )
    per_minute = models.PositiveIntegerField(
        _("messages a minute at most"), validators=[MinValueValidator(1)]
    )
    free_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("sending limit")
        verbose_name_plural = _("sending limits")
        ordering = ["channel", "domain"]
        constraints = [
            models.UniqueConstraint(fields=["channel", "domain"], name="one_limit_per_channel_and_domain"),
            models.CheckConstraint(condition=Q(per_minute__gte=1), name="limit_of_at_least_one"),
        ]

    def __str__(self) -> str:
        return f"{self.domain or self.get_channel_display()}: {self.per_minute}"
