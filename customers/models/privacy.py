"""That a customer was erased, and how long each kind of personal data is kept."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from staff.models import User


class Erasure(models.Model):
    """That a customer was erased: counts and numbers, signed, without personal data."""

    class Reason(models.TextChoices):
        REQUESTED = "requested", _("The customer asked for it")
        RETENTION = "retention", _("Kept long enough")
        OTHER = "other", _("Another reason")

    customer_number = models.PositiveBigIntegerField(_("customer number"), unique=True)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    counts = models.JSONField(_("what was erased"), default=dict)
    is_verified = models.BooleanField(_("searched afterwards, nothing found"), default=False)
    at = models.DateTimeField(_("at"))
    signature = models.CharField(_("signature"), max_length=64)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return _("Customer %(number)s") % {"number": self.customer_number}


class RetentionRule(models.Model):
    """How long a kind of personal data is kept; what then happens to it, the room that lends the kind says."""

    kind = models.CharField(_("kind of data"), max_length=30, unique=True, editable=False)
    months = models.PositiveSmallIntegerField(
        _("keep for months"), default=24, validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    is_active = models.BooleanField(_("active"), default=False)
    last_run_at = models.DateTimeField(_("last run"), null=True, editable=False)
    last_count = models.PositiveIntegerField(_("touched then"), default=0, editable=False)

    class Meta:
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind
