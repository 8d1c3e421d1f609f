from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.imports.uploads import FileImport, Refusal
from staff.models import Unit, User, validate_time_zone


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


class Segment(models.Model):
    """Customers picked by a rule, whose tree is documented in customers/segments.py, or by hand, as a list."""

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


class CustomerImport(FileImport):
    """One file of customers on its way in."""

    source = models.CharField(
        _("source"),
        max_length=40,
        blank=True,
        help_text=_("The program the file comes from: external ids in it are ids of that program."),
    )
    defaults = models.JSONField(_("where the file does not say"), default=dict, blank=True)
    created_count = models.PositiveIntegerField(_("created"), default=0)
    updated_count = models.PositiveIntegerField(_("updated"), default=0)
    unchanged_count = models.PositiveIntegerField(_("unchanged"), default=0)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]


class RefusedRow(Refusal):
    """A row of a file that was not imported."""

    customer_import = models.ForeignKey(
        CustomerImport, on_delete=models.CASCADE, related_name="refused_rows", verbose_name=_("import")
    )

    class Meta:
        verbose_name = _("refused row")
        verbose_name_plural = _("refused rows")
        ordering = ["pk"]


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
