from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.models import Channel, Consent, Customer, Suppression
from events.leases import Leased, LeasedQuerySet
from surveys.models.campaigns import Wave
from surveys.models.policy import ContactCap


def one_reminder_more(at: datetime | Case) -> dict[str, Any]:
    """What changes in rows whose reminder has left `at`, or will never arrive: it counts, and is not sent again."""
    return {
        "reminders_sent": F("reminders_sent") + 1,
        "first_reminded_at": Coalesce("first_reminded_at", at),
        "reminded_at": at,
    }


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def waiting(self) -> Self:
        """Planned or deferred, and not begun."""
        return self.filter(is_waiting=True)

    def asked(self) -> Self:
        """Those that reached the mail server: the base of the response rate."""
        return self.filter(sent_at__isnull=False)

    def to_remind(self) -> Self:
        """Sent and not answered, to somebody who may still be written to: who left meanwhile is not waited for."""
        stopped = Suppression.objects.filter(channel=OuterRef("channel"), digest=OuterRef("digest"))
        withdrawn = Consent.objects.filter(
            customer=OuterRef("customer"),
            purpose=Consent.Purpose.SURVEY,
            channel=OuterRef("channel"),
            state=Consent.State.WITHDRAWN,
        )
        return self.filter(
            ~Exists(stopped),
            ~Exists(withdrawn),
            state=Invitation.State.SENT,
            answered_at=None,
            is_test=False,
            customer__merged_into=None,
            customer__erased_at=None,
        )

    def to_send_again(self) -> Self:
        """Failed or unknown, and not answered: what a person may send again. Who came back or is suppressed stays left out."""
        stopped = Suppression.objects.filter(channel=OuterRef("channel"), digest=OuterRef("digest"))
        stuck = [Invitation.State.FAILED, Invitation.State.UNKNOWN]
        found = self.filter(~Exists(stopped), state__in=stuck, answered_at=None, is_test=False)
        return found.exclude(reason=Invitation.Reason.BOUNCED)


class Invitation(models.Model):
    """The send ledger: for each customer of a wave exactly one row that says what became of it, and why.

    planned or deferred → sending → sent | failed | unknown; excluded when `reason` says why. Deferred is what the
    contact policy holds back until `due_at`; then it is looked at again. A reminder takes the same row through
    planned … sent again, with `reminders_sent` one higher.

    A row is written twice on its way, and only the first time does anything change that an index holds: `is_waiting`
    stands for the state in the index of what is due, so that PostgreSQL records the outcome in place.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DEFERRED = "deferred", _("Deferred")
        SENDING = "sending", _("Being handed over")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("Unknown: interrupted while being handed over")
        FAILED = "failed", _("Refused by the provider")
        EXCLUDED = "excluded", _("Excluded")
        CANCELLED = "cancelled", _("Cancelled")

    class Reason(models.TextChoices):
        NONE = "", ""
        NO_ADDRESS = "no_address", _("no address for these channels")
        NO_CONSENT = "no_consent", _("consent for surveys withdrawn")
        UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
        BOUNCED = "bounced", _("mail to the address came back")
        COMPLAINED = "complained", _("complained about a message")
        SUPPRESSED = "suppressed", _("entered by staff: do not contact")
        SAMPLED_OUT = "sampled_out", _("not in the sample")
        CONTROL_GROUP = "control_group", _("in the control group")
        COOLDOWN = "cooldown", _("asked by this campaign a short time ago")
        NOT_IN_SEGMENT = "not_in_segment", _("not in the segment")
        CAP = "cap", _("asked often enough for now")
        SNOOZED = "snoozed", _("asked for a rest from surveys")
        MERGED = "merged", _("merged into another customer")
        ERASED = "erased", _("erased")
        DUPLICATE_ADDRESS = "duplicate_address", _("another customer of this wave has the same address")
        REFUSED = "refused", _("the provider refused the address")
        CLOSED = "closed", _("the campaign ended first")
        SAME_PERSON = "same_person", _("the same person is asked under another record")

    WAITING = (State.PLANNED, State.DEFERRED)
    PENDING = (*WAITING, State.SENDING)  # something is still to come

    wave = models.ForeignKey(
        Wave,
        on_delete=models.CASCADE,
        related_name="invitations",
        db_index=False,  # the unique constraint and invitation_waiting begin with it
        verbose_name=_("wave"),
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("customer")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason, blank=True, default="")
    cap = models.ForeignKey(
        ContactCap,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # nobody looks rows up by it, and every index is written to for every recipient
        verbose_name=_("cap"),
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.EMAIL)
    occasion = models.CharField(
        max_length=100, blank=True, default="", editable=False
    )  # what made it: "interaction:17"
    variant = models.CharField(
        _("subject"), max_length=1, blank=True, default=""
    )  # "a" or "b"; "": whichever is better
    error = models.CharField(_("answer of the provider"), max_length=500, blank=True, default="")
    address = models.CharField(_("address"), max_length=320, blank=True, default="")
    digest = models.CharField(_("digest"), max_length=64, blank=True, default="", editable=False)
    language = models.CharField(_("language"), max_length=10, default="en")
    due_at = models.DateTimeField(_("due at"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent_at = models.DateTimeField(_("first sent at"), null=True)
    reminders_sent = models.PositiveSmallIntegerField(_("reminders sent"), default=0)
    reminded_at = models.DateTimeField(_("last reminded at"), null=True)
    first_reminded_at = models.DateTimeField(_("first reminded at"), null=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True)
    clicked_at = models.DateTimeField(_("first clicked at"), null=True)
    machine_opened_at = models.DateTimeField(_("first opened by a machine at"), null=True)
    opened_at = models.DateTimeField(_("first opened at"), null=True)
    answered_at = models.DateTimeField(_("answered at"), null=True)
    context = models.JSONField(_("occasion"), default=dict, blank=True)  # what it is about: {"order": "A-17"}
    is_test = models.BooleanField(_("test"), default=False)
    lease_token = models.UUIDField(null=True, editable=False)  # the claim under which it is being sent
    is_waiting = models.GeneratedField(
        expression=Q(state__in=["planned", "deferred"]),  # type: ignore[arg-type]  # it takes conditions too
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["wave", "customer", "occasion"],
                condition=Q(is_test=False),
                name="one_invitation_per_wave_customer_and_occasion",
            ),
        ]
        indexes = [
            models.Index(
                fields=["wave", "channel", "due_at", "id"],
                condition=Q(is_waiting=True),
                name="invitation_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.get_state_display()}"

    @property
    def state_in_words(self) -> str:
        """What the provider took, and told later that nobody is there, it did not refuse."""
        came_back = self.state == self.State.FAILED and self.reason == self.Reason.BOUNCED
        return gettext("Came back") if came_back else str(self.get_state_display())


class Claim(Leased):
    """What a sender took to send: planned invitations of one wave, leased to it in one row.

    While it lives nobody else takes them. A claim whose lease lapsed was a dead sender's: those of its invitations
    that are being sent become unknown, the others are free again.
    """

    wave = models.ForeignKey(Wave, on_delete=models.CASCADE, related_name="claims", verbose_name=_("wave"))
    invitations = models.JSONField(_("invitations"))

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [models.UniqueConstraint(fields=["lease_token"], name="one_claim_per_lease")]

    def __str__(self) -> str:
        return f"{self.wave} · {len(self.invitations)}"


class SendingPlace(Leased):
    """Room for one sender of a channel, leased to it while it sends; rows are made as they are needed."""

    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    number = models.PositiveSmallIntegerField(_("number"))

    objects = LeasedQuerySet.as_manager()

    class Meta:
        verbose_name = _("place of a sender")
        verbose_name_plural = _("places of senders")
        constraints = [
            models.UniqueConstraint(fields=["channel", "number"], name="one_place_per_channel_and_number")
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} · {self.number}"
