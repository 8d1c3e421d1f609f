from datetime import date
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from followups.models.follow_ups import FollowUp
from staff.models import User


class FollowUpTaskQuerySet(models.QuerySet["FollowUpTask"]):
    def open(self) -> Self:
        return self.filter(done_at=None)

    def promises_due(self, day: date) -> Self:
        """What was promised to a customer for `day` or before, and is not kept yet."""
        return self.open().filter(kind=FollowUpTask.Kind.PROMISE, due_date__lte=day)


class FollowUpTask(models.Model):
    """Something to do in a follow-up: a step of its playbook, or what was promised to the customer, with a date.

    A promise outlives the resolution: it is open until it is kept.
    """

    class Kind(models.TextChoices):
        STEP = "step", _("Step")
        PROMISE = "promise", _("Promise")

    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, related_name="tasks", verbose_name=_("follow-up")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    position = models.PositiveSmallIntegerField(_("place"), default=0)
    text = models.CharField(_("what to do"), max_length=300)
    due_date = models.DateField(_("by"), null=True)
    reminded_at = models.DateTimeField(_("owner reminded at"), null=True, editable=False)
    done_at = models.DateTimeField(_("done at"), null=True)
    done_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )

    objects = FollowUpTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task of a follow-up")
        verbose_name_plural = _("tasks of follow-ups")
        ordering = ["kind", "position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="step") | Q(due_date__isnull=False), name="a_promise_has_a_date"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_date"],
                condition=Q(kind="promise", done_at=None, reminded_at=None),
                name="promise_to_keep",
            ),
        ]

    def __str__(self) -> str:
        return self.text
