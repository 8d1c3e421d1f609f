"""A person we serve, the addresses and numbers by which they are known, and the ways to reach them."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from staff.models import Unit, validate_time_zone


class Channel(models.TextChoices):
    """A way to reach somebody."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("SMS")
    APP = "app", _("Your own app")


class CustomerQuerySet(models.QuerySet["Customer"]):
    def present(self) -> Self:
        """Neither merged into somebody else nor erased."""
        return self.filter(merged_into=None, erased_at=None)


class PresentCustomers(models.Manager.from_queryset(CustomerQuerySet)):  # type: ignore[misc]  # made by a call
    def get_queryset(self) -> CustomerQuerySet:
        return CustomerQuerySet(self.model, using=self._db).present()


class Customer(models.Model):
    """A person we serve. `objects` are those present; `everybody` has those too who were merged or erased."""

    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(
        _("time zone"), max_length=64, default=settings.TIME_ZONE, validators=[validate_time_zone]
    )
    country = models.CharField(_("country"), max_length=2, default=settings.COUNTRY)
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    customer_since = models.DateField(_("customer since"), null=True, blank=True)
    left_date = models.DateField(
        _("left on"), null=True, blank=True, help_text=_("Empty while they are your customer.")
    )
    last_import = models.ForeignKey(
        "CustomerImport",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # written for every row of every file; an index would cost more than the rest of the row
        related_name="+",
        verbose_name=_("last import"),
    )
    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="customers",
        verbose_name=_("unit"),
    )
    preferred_channel = models.CharField(
        _("prefers"), max_length=10, choices=Channel, blank=True, default="", db_default=""
    )
    snoozed_until = models.DateTimeField(_("no surveys until"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # nearly everybody is merged into nobody: merged_customers below
        related_name="merged",
        verbose_name=_("merged into"),
    )
    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"))
    updated_at = models.DateTimeField(_("updated at"))

    objects = PresentCustomers()
    everybody = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-pk"]
        permissions = [
            ("export_customer", _("Can download everything kept about a customer")),
            ("erase_customer", _("Can erase customers for good")),
            ("merge_customer", _("Can merge customers and undo it")),
        ]
        indexes = [
            models.Index(
                fields=["merged_into"],
                condition=models.Q(merged_into__isnull=False),
                name="merged_customers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or _("Customer %(number)s") % {"number": self.pk}


class Identity(models.Model):
    """One address or number by which a customer is known, normalised: unique for its kind and source."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail")
        PHONE = "phone", _("Phone")
        EXTERNAL = "external", _("External id")
        HANDLE = "handle", _("Messenger handle")
        DEVICE = "device", _("Device")
        CARD = "card", _("Member card")

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="identities", verbose_name=_("customer")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    source = models.CharField(_("source"), max_length=40, blank=True, default="")
    value = models.CharField(_("value"), max_length=320)
    digest = models.CharField(_("digest"), max_length=64, editable=False)
    is_primary = models.BooleanField(_("primary"), default=True)

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source", "value"],
                name="one_customer_per_identity",
                opclasses=["varchar_ops", "varchar_ops", "varchar_pattern_ops"],  # finds beginnings as well
            ),
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=models.Q(is_primary=True, kind__in=["email", "phone"]),
                name="one_primary_identity_per_kind",
            ),
        ]
        indexes = [models.Index(fields=["digest"], name="identity_digest")]

    def __str__(self) -> str:
        return self.value
