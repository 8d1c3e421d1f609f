"""What a customer agreed to hear from us, what proves it, and the addresses nobody may write to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.customers import Channel, Customer
from staff.models import User


class Consent(models.Model):
    """What a customer agreed to hear from us, per purpose and channel. No row: nobody asked yet."""

    class Purpose(models.TextChoices):
        SURVEY = "survey", _("Surveys")
        MARKETING = "marketing", _("Marketing")
        SERVICE = "service", _("Service messages")

    class State(models.TextChoices):
        GRANTED = "granted", _("Granted")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        related_name="consents",
        db_index=False,  # the constraint below begins with it
        verbose_name=_("customer"),
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    state = models.CharField(_("state"), max_length=10, choices=State)
    source = models.CharField(_("how"), max_length=120, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "purpose", "channel"], name="one_consent_per_purpose_and_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} · {self.get_channel_display()}: {self.get_state_display()}"


class ConsentRecord(models.Model):
    """One line of the consent ledger; never edited, never deleted (the database refuses both).

    It holds no personal data: the customer's number outlives an erasure, the words are in the proof, which does not.
    """

    class State(models.TextChoices):
        GRANTED = "granted", _("Granted")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        PENDING = "pending", _("Asked to confirm")

    class SourceKind(models.TextChoices):
        STAFF = "staff", _("Entered by staff")
        IMPORT = "import", _("Import")
        LINK = "link", _("Link in a mail")
        CONFIRMED = "confirmed", _("Confirmed by mail")
        PROGRAM = "program", _("Another program")

    customer_number = models.PositiveBigIntegerField(_("customer number"))
    purpose = models.CharField(_("purpose"), max_length=10, choices=Consent.Purpose)
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    state = models.CharField(_("state"), max_length=10, choices=State)
    source_kind = models.CharField(_("how"), max_length=10, choices=SourceKind)
    source_number = models.PositiveBigIntegerField(_("number of the source"), null=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("consent record")
        verbose_name_plural = _("consent ledger")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["customer_number", "-at", "-id"], name="consent_ledger")]

    def __str__(self) -> str:
        return f"{self.customer_number} {self.get_purpose_display()}: {self.get_state_display()}"


class ConsentProof(models.Model):
    """What proves a line of the consent ledger: the words shown and who wrote it down. An erasure deletes it."""

    record = models.OneToOneField(
        ConsentRecord, on_delete=models.CASCADE, related_name="proof", verbose_name=_("consent record")
    )
    source = models.CharField(_("how"), max_length=120, blank=True, default="")
    wording = models.TextField(_("wording shown"), blank=True, default="")
    version = models.CharField(_("version of the wording"), max_length=40, blank=True, default="")
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by"))

    class Meta:
        verbose_name = _("proof of consent")
        verbose_name_plural = _("proofs of consent")

    def __str__(self) -> str:
        return self.source


class Suppression(models.Model):
    """An address nobody may write to. Only its digest is kept, so it outlives the customer."""

    class Reason(models.TextChoices):
        UNSUBSCRIBED = "unsubscribed", _("Unsubscribed")
        BOUNCED = "bounced", _("Bounced")
        COMPLAINED = "complained", _("Complained")
        BY_STAFF = "by_staff", _("Entered by staff")

    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    digest = models.CharField(_("digest"), max_length=64)
    reason = models.CharField(_("reason"), max_length=15, choices=Reason)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = [
            models.UniqueConstraint(fields=["channel", "digest"], name="one_suppression_per_address")
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.digest[:8]}… {self.get_reason_display()}"
