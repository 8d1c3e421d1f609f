from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from followups.models.messages import Message

FOLDER = "letters"  # of the media folder; the name on the disk is our own


class MessageFileQuerySet(models.QuerySet["MessageFile"]):
    def kept(self) -> Self:
        return self.exclude(file="")


class MessageFile(models.Model):
    """What a customer attached to a message: kept outside of what the web server hands out, or named with why it is not.

    `digest` is that of its bytes; `name` is what the customer called it.
    """

    class WhyNot(models.TextChoices):
        KIND = "kind", _("only JPEG, PNG, WebP and PDF are kept")
        TOO_LARGE = "too_large", _("too large")
        TOO_MANY = "too_many", _("too many files in one mail")
        FULL = "full", _("the files of this conversation are too large together")
        AUTOMATIC = "automatic", _("it came with an automatic reply")

    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, related_name="files", verbose_name=_("message")
    )
    file = models.FileField(_("file"), upload_to=f"{FOLDER}/%Y/%m/", blank=True, db_index=True)
    name = models.CharField(_("name"), max_length=200)
    type = models.CharField(_("type"), max_length=60, blank=True)
    size = models.PositiveIntegerField(_("size"), default=0)
    digest = models.CharField(_("fingerprint"), max_length=64, blank=True, editable=False)
    why_not = models.CharField(_("why it is not kept"), max_length=10, choices=WhyNot, blank=True)

    objects = MessageFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file of a message")
        verbose_name_plural = _("files of messages")
        ordering = ["pk"]
        default_permissions = ()  # who reads the conversation may have its files
        constraints = [
            models.CheckConstraint(
                condition=Q(why_not="") ^ Q(file=""), name="message_file_is_kept_or_says_why_not"
            )
        ]

    def __str__(self) -> str:
        return self.name
