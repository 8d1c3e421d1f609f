"""Customers picked by a rule or by hand, and somebody made up who stands for them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customers import Customer
from staff.models import User


class Segment(models.Model):
    """Customers picked by a rule, whose tree is documented in customers/segments/, or by hand, as a list."""

    class Kind(models.TextChoices):
        RULE = "rule", _("Rule")
        LIST = "list", _("List")

    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.RULE)
    rule = models.JSONField(_("rule"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SegmentMember(models.Model):
    """A customer on a list."""

    segment = models.ForeignKey(
        Segment,
        on_delete=models.CASCADE,
        related_name="members",
        db_index=False,  # the constraint below begins with it
        verbose_name=_("list"),
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("customer")
    )
    added_at = models.DateTimeField(_("added at"))
    added_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("added by")
    )

    class Meta:
        verbose_name = _("member of a list")
        verbose_name_plural = _("members of a list")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["segment", "customer"], name="once_on_each_list"),
        ]

    def __str__(self) -> str:
        return str(self.customer)


class Persona(models.Model):
    """Somebody who stands for the customers of a segment; goals, frustrations and channels stand one on a line."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    picture = models.FileField(_("picture"), upload_to="personas/", blank=True)
    quote = models.CharField(_("what they would say, in a sentence"), max_length=200, blank=True)
    description = models.TextField(_("who they are"), max_length=2_000, blank=True)
    goals = models.TextField(_("goals"), max_length=2_000, blank=True)
    frustrations = models.TextField(_("frustrations"), max_length=2_000, blank=True)
    channels = models.TextField(_("how they like to meet us"), max_length=500, blank=True)
    segment = models.ForeignKey(
        Segment, on_delete=models.PROTECT, related_name="personas", verbose_name=_("segment")
    )

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
