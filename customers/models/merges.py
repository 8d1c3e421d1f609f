"""When several records may be one person: what was told, what was suspected, and what was merged."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customers import Customer
from staff.models import User


class IdentityConflict(models.Model):
    """Identities told together that belong to several people; nothing happens until a person decides."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        MERGED = "merged", _("Merged")
        DISMISSED = "dismissed", _("Different people")

    identities = models.JSONField(_("identities"))
    customers = models.ManyToManyField(
        Customer, related_name="identity_conflicts", verbose_name=_("customers")
    )
    fingerprint = models.CharField(max_length=64, editable=False)
    source = models.CharField(_("source"), max_length=40, blank=True)
    at = models.DateTimeField(_("at"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    decided_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True)

    class Meta:
        verbose_name = _("identity conflict")
        verbose_name_plural = _("identity conflicts")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"], condition=models.Q(state="open"), name="one_open_conflict"
            )
        ]

    def __str__(self) -> str:
        return _("Conflict %(number)s") % {"number": self.pk}


class SuggestedDuplicate(models.Model):
    """Two customers who look like one person, and why."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        DISMISSED = "dismissed", _("Different people")

    first = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", verbose_name=_("first customer")
    )
    second = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="+", verbose_name=_("second customer")
    )
    reasons = models.JSONField(_("reasons"), default=list)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    found_at = models.DateTimeField(_("found at"))

    class Meta:
        verbose_name = _("suggested duplicate")
        verbose_name_plural = _("suggested duplicates")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="one_suggestion_per_pair"),
            models.CheckConstraint(
                condition=models.Q(first__lt=models.F("second")), name="first_before_second"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} · {self.second}"


class Merge(models.Model):
    """That two customers were found to be one: what moved, and what both were before, so that it can be undone."""

    kept = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="merges", verbose_name=_("kept customer")
    )
    merged = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="+", verbose_name=_("merged customer")
    )
    moved = models.JSONField(_("what moved"), default=dict)
    before = models.JSONField(_("both before"), default=dict)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    undone_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("undone by")
    )
    undone_at = models.DateTimeField(_("undone at"), null=True)

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=models.Q(undone_at=None), name="merged_into_one_at_most"
            )
        ]

    def __str__(self) -> str:
        return _("Merge %(number)s") % {"number": self.pk}
