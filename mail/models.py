from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mail.reading import Channel, Kind


class KeptMail(models.Model):
    """A message that did not leave: where a channel has no way out, the outbox page keeps what it is given."""

    channel = models.CharField(_("channel"), max_length=10, choices=Channel, default=Channel.EMAIL)
    sender = models.CharField(_("from"), max_length=320)
    recipient = models.CharField(_("to"), max_length=320)
    subject = models.CharField(_("subject"), max_length=500, blank=True)
    message = models.BinaryField(_("message"))
    kept_at = models.DateTimeField(_("kept at"), auto_now_add=True)

    class Meta:
        verbose_name = _("kept mail")
        verbose_name_plural = _("outbox")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.subject


class ChannelPauseQuerySet(models.QuerySet["ChannelPause"]):
    def lasting(self) -> Self:
        """Pauses that are not over yet, by the database's clock."""
        return self.filter(until__gt=Now())


class ChannelPause(models.Model):
    """A provider asked to be left alone for a while: until then nothing is handed over to it, by anybody."""

    channel = models.CharField(_("channel"), max_length=10, choices=Channel, unique=True)
    until = models.DateTimeField(_("until"))
    words = models.CharField(_("answer of the provider"), max_length=500)

    objects = ChannelPauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pause of a channel")
        verbose_name_plural = _("pauses of channels")

    def __str__(self) -> str:
        return f"{self.channel} {self.until}"


class ChannelOutageQuerySet(models.QuerySet["ChannelOutage"]):
    def lasting(self) -> Self:
        return self.filter(until=None)


class ChannelOutage(models.Model):
    """A provider takes nothing: from the first hand-over in which nothing was taken to the next in which something was.

    `told_at` is when people were told of it; one that is over before that leaves no row.
    """

    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    since = models.DateTimeField(_("since"))
    told_at = models.DateTimeField(_("told at"), null=True)
    until = models.DateTimeField(_("until"), null=True)
    words = models.CharField(_("answer of the provider"), max_length=500)

    objects = ChannelOutageQuerySet.as_manager()

    class Meta:
        verbose_name = _("outage of a channel")
        verbose_name_plural = _("outages of channels")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel"], condition=models.Q(until=None), name="one_outage_at_a_time_per_channel"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.since}"


class DeliveryReport(models.Model):
    """What became of a message after it was accepted, as somebody else told it. Lines are added, never changed,
    but for the mark that a machine did it.

    The address itself is not kept: `digest` recognises it where it is known.
    """

    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    provider = models.CharField(_("told by"), max_length=40)
    event = models.CharField(_("event"), max_length=200)
    kind = models.CharField(_("what happened"), max_length=12, choices=Kind)
    message_id = models.CharField(_("message of the provider"), max_length=200, blank=True)
    key = models.CharField(_("our message"), max_length=200, blank=True)
    digest = models.CharField(_("fingerprint of the address"), max_length=64, blank=True)
    words = models.CharField(_("in their words"), max_length=500, blank=True)
    link = models.CharField(_("fingerprint of the link"), max_length=64, blank=True, editable=False)
    is_machine = models.BooleanField(_("by a machine"), default=False)
    at = models.DateTimeField(_("at"))
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("delivery report")
        verbose_name_plural = _("delivery reports")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "event"], name="one_delivery_report_per_event"),
        ]
        indexes = [
            models.Index(fields=["message_id"], name="delivery_report_message"),
            models.Index(fields=["key"], name="delivery_report_key"),
            models.Index(fields=["digest"], name="delivery_report_digest"),
            models.Index(fields=["received_at"], name="delivery_report_received"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.kind}"


class ReceivedLetterQuerySet(models.QuerySet["ReceivedLetter"]):
    def answering(self) -> Self:
        """Those that answer a mail of ours."""
        return self.exclude(key="")


class ReceivedLetter(models.Model):
    """A mail or an SMS that somebody sent us. A mail that answers one of ours is kept until it has been read into its
    thread, an SMS until it is known whose it is.

    Of all others there is a fingerprint, so that they can be counted, and nothing about who wrote what.
    """

    channel = models.CharField(
        _("channel"), max_length=10, choices=Channel, default=Channel.EMAIL, db_default=Channel.EMAIL
    )
    fingerprint = models.CharField(_("fingerprint"), max_length=64, unique=True, editable=False)
    key = models.CharField(_("our message"), max_length=200, blank=True)
    sender = models.CharField(_("from"), max_length=254, blank=True)
    is_automatic = models.BooleanField(_("by a machine"), default=False)
    content = models.BinaryField(_("content"), default=bytes)
    received_at = models.DateTimeField(_("received at"), db_index=True)
    read_at = models.DateTimeField(_("read at"), null=True)

    objects = ReceivedLetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("received mail")
        verbose_name_plural = _("received mails")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"
