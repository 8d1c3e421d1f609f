from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from events.leases import Leased, LeasedQuerySet


class EventQuerySet(LeasedQuerySet):
    def waiting(self) -> Self:
        """Announced, and not yet given to every reaction."""
        return self.filter(delivered_at=None)

    def delivered_before(self, at: datetime) -> Self:
        return self.filter(delivered_at__lt=at)


class Event(Leased):
    """Something that happened; written in the transaction that made it happen."""

    type = models.CharField(_("type"), max_length=80)
    subject = models.BigIntegerField(_("subject"))
    payload = models.JSONField(_("payload"), default=dict)
    at = models.DateTimeField(_("at"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["id"], condition=models.Q(delivered_at=None), name="event_waiting"),
            models.Index(fields=["delivered_at"], name="event_delivered"),
            models.Index(fields=["type", "subject"], name="event_type_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class RetryQuerySet(LeasedQuerySet):
    def due(self, at: datetime) -> Self:
        return self.filter(state=ReactionRetry.State.WAITING, due_at__lte=at)


class ReactionRetry(Leased):
    """One reaction that failed on one event, and when it is tried again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for the next try")
        DONE = "done", _("Done")
        GIVEN_UP = "given_up", _("Given up")

    event = models.ForeignKey(
        Event, on_delete=models.CASCADE, related_name="retries", verbose_name=_("event")
    )
    reaction = models.CharField(_("reaction"), max_length=120)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    due_at = models.DateTimeField(_("next try"))
    error = models.TextField(_("what went wrong"))

    objects = RetryQuerySet.as_manager()

    class Meta:
        verbose_name = _("failed reaction")
        verbose_name_plural = _("failed reactions")
        constraints = [
            models.UniqueConstraint(fields=["event", "reaction"], name="one_retry_per_event_and_reaction"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="waiting"), name="retry_due"),
        ]

    def __str__(self) -> str:
        return f"{self.reaction} {self.event_id}"
