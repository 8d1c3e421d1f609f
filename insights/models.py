from datetime import date
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class DailyQuerySet(models.QuerySet["models.Model"]):
    def between(self, start: date, end: date) -> Self:
        """From the day `start` to the day `end`, both included."""
        return self.filter(day__range=(start, end))


class DailyScore(models.Model):
    """How many people gave each score, per day and where it came from: a wide row, derived from the answers.

    Dimensions hold ids without foreign keys (0 = none), so that a row can be upserted on one plain unique key.
    `day` is the day in the organisation's time zone.
    """

    day = models.DateField(_("day"))
    question_id = models.BigIntegerField(_("question"))
    kind = models.CharField(_("kind"), max_length=10)
    campaign_id = models.BigIntegerField(_("campaign"), default=0)
    touchpoint_id = models.BigIntegerField(_("touchpoint"), default=0)
    channel = models.CharField(_("channel"), max_length=10)
    language = models.CharField(_("language"), max_length=10)
    n0 = models.PositiveIntegerField(default=0)
    n1 = models.PositiveIntegerField(default=0)
    n2 = models.PositiveIntegerField(default=0)
    n3 = models.PositiveIntegerField(default=0)
    n4 = models.PositiveIntegerField(default=0)
    n5 = models.PositiveIntegerField(default=0)
    n6 = models.PositiveIntegerField(default=0)
    n7 = models.PositiveIntegerField(default=0)
    n8 = models.PositiveIntegerField(default=0)
    n9 = models.PositiveIntegerField(default=0)
    n10 = models.PositiveIntegerField(default=0)

    objects = DailyQuerySet.as_manager()

    class Meta:
        verbose_name = _("daily score")
        verbose_name_plural = _("daily scores")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "question_id", "campaign_id", "touchpoint_id", "channel", "language"],
                name="one_daily_score_per_place",
            )
        ]
        indexes = [models.Index(fields=["kind", "day"], name="daily_score_kind_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class DailyInvitations(models.Model):
    """How many were asked on a day, and how many of those answered so far: the base of the response rate."""

    day = models.DateField(_("day"))
    campaign_id = models.BigIntegerField(_("campaign"))
    language = models.CharField(_("language"), max_length=10)
    asked = models.PositiveIntegerField(_("asked"), default=0)
    answered = models.PositiveIntegerField(_("answered"), default=0)

    objects = DailyQuerySet.as_manager()

    class Meta:
        verbose_name = _("daily invitations")
        verbose_name_plural = _("daily invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "campaign_id", "language"], name="one_daily_invitations_per_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.campaign_id}"
