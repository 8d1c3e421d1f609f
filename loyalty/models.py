from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer


class Program(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)
    point_name = models.CharField(_("name of a point"), max_length=40, default="point")
    is_active = models.BooleanField(_("active"), default=True)
    auto_enrol = models.BooleanField(
        _("enrols automatically"),
        default=True,
        help_text=_("Who earns points for the first time becomes a member. Off: only members earn points."),
    )

    class Meta:
        verbose_name = _("program")
        verbose_name_plural = _("programs")

    def __str__(self) -> str:
        return self.name


class EarnRuleQuerySet(models.QuerySet["EarnRule"]):
    def working(self, trigger: str) -> Self:
        """Rules that give points for `trigger` now, with their programs."""
        return self.filter(
            trigger=trigger, is_active=True, points__gt=0, program__is_active=True
        ).select_related("program")


class EarnRule(models.Model):
    """What earns points. Points never depend on the score given."""

    class Trigger(models.TextChoices):
        SURVEY_ANSWERED = "survey_answered", _("answered a survey")
        PURCHASE = "purchase", _("made a purchase")

    program = models.ForeignKey(
        Program, on_delete=models.CASCADE, related_name="rules", verbose_name=_("program")
    )
    trigger = models.CharField(_("when the customer"), max_length=20, choices=Trigger)
    points = models.PositiveIntegerField(
        _("points"), help_text=_("For a purchase: for each whole unit of money.")
    )
    is_active = models.BooleanField(_("active"), default=True)

    objects = EarnRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("earn rule")
        verbose_name_plural = _("earn rules")
        constraints = [models.UniqueConstraint(fields=["program", "trigger"], name="one_rule_per_trigger")]

    def __str__(self) -> str:
        return f"{self.get_trigger_display()}: {self.points}"


class Account(models.Model):
    """A member's account; the balance is the sum of its entries and can never fall below zero."""

    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="accounts", verbose_name=_("program")
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="accounts", verbose_name=_("customer")
    )
    balance = models.BigIntegerField(_("balance"), default=0)
    joined_at = models.DateTimeField(_("joined at"))

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["program", "customer"], name="one_account_per_program_and_customer"
            ),
            models.CheckConstraint(condition=Q(balance__gte=0), name="balance_never_below_zero"),
        ]

    def __str__(self) -> str:
        return f"{self.customer} · {self.program}"


class Reward(models.Model):
    program = models.ForeignKey(
        Program, on_delete=models.PROTECT, related_name="rewards", verbose_name=_("program")
    )
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    points = models.PositiveIntegerField(_("points"))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("reward")
        verbose_name_plural = _("rewards")
        ordering = ["points"]
        constraints = [
            models.UniqueConstraint(fields=["program", "name"], name="one_reward_per_program_and_name")
        ]

    def __str__(self) -> str:
        return self.name


class EntryQuerySet(models.QuerySet["Entry"]):
    def before(self, other: "Entry") -> Self:
        """Those that stand below `other` in a statement, newest first."""
        return self.filter(Q(at__lt=other.at) | Q(at=other.at, pk__lt=other.pk), at__lte=other.at)


class Entry(models.Model):
    """One line of the points ledger; never edited, never deleted (the database refuses both)."""

    class Kind(models.TextChoices):
        EARNED = "earned", _("Earned")
        REDEEMED = "redeemed", _("Redeemed")
        ADJUSTED = "adjusted", _("Adjusted")
        REVERSED = "reversed", _("Reversed")

    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", verbose_name=_("account")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    points = models.BigIntegerField(_("points"))
    source = models.CharField(_("source"), max_length=120)
    reverses = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        verbose_name=_("reverses"),
    )
    reward = models.ForeignKey(
        Reward,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="redemptions",
        verbose_name=_("reward"),
    )
    note = models.CharField(_("note"), max_length=300, blank=True, default="")
    at = models.DateTimeField(_("at"))

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["-at", "-pk"]
        permissions = [
            ("adjust_entry", _("Can put balances right by hand")),
            ("reverse_entry", _("Can reverse entries")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "source"], name="one_entry_per_account_kind_and_source"
            ),
            models.CheckConstraint(condition=~Q(points=0), name="an_entry_moves_points"),
        ]
        indexes = [models.Index(fields=["account", "-at", "-id"], name="entry_statement")]

    def __str__(self) -> str:
        return f"{self.points:+} {self.get_kind_display()}"
