from django.contrib.auth.models import Group
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from followups.models.follow_ups import FollowUp
from staff.models import User


class GoodwillLimit(models.Model):
    """How many points people of a role may grant; of several roles the most generous counts, without any nobody may."""

    role = models.OneToOneField(
        Group, on_delete=models.CASCADE, related_name="goodwill_limit", verbose_name=_("role")
    )
    points_each = models.PositiveIntegerField(_("points in one grant"), validators=[MinValueValidator(1)])
    points_month = models.PositiveIntegerField(
        _("points of one person in a month"), validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = _("goodwill limit")
        verbose_name_plural = _("goodwill limits")
        ordering = ["role__name"]

    def __str__(self) -> str:
        return str(self.role)


class Goodwill(models.Model):
    """Something given to make up for it: points, or a voucher in words; it grows and is not edited."""

    class State(models.TextChoices):
        GRANTED = "granted", _("On its way to the account")
        POSTED = "posted", _("On the account")
        REFUSED = "refused", _("No program takes points now")

    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, related_name="goodwill", verbose_name=_("follow-up")
    )
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    points = models.PositiveIntegerField(_("points"), default=0)
    voucher = models.CharField(_("voucher"), max_length=200, blank=True, default="")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.GRANTED)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("goodwill")
        verbose_name_plural = _("goodwill")
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["by", "at"], name="goodwill_of_person")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(points__gt=0) | ~models.Q(voucher=""), name="goodwill_is_something"
            ),
        ]

    def __str__(self) -> str:
        return self.voucher or str(self.points)
