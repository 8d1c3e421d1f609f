from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from staff.models.people import User


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def living(self, at: datetime) -> Self:
        """Keys that open the API: not revoked, not expired, of somebody who still works here."""
        return self.filter(revoked_at=None, user__is_active=True, user__is_staff=True).exclude(
            expires_at__lte=at
        )


class ApiKey(models.Model):
    """A program's way in. It acts for a member of staff, within its scopes; only a digest of the key is kept."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="api_keys", verbose_name=_("acts for")
    )
    prefix = models.CharField(_("begins with"), max_length=12, unique=True, editable=False)
    digest = models.CharField(_("digest"), max_length=128, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class IdempotencyRecord(models.Model):
    """The answer to a write, kept beside its effect, so that the same request sent again gets the same answer."""

    actor = models.CharField(_("actor"), max_length=40)
    key = models.CharField(_("key"), max_length=255)
    digest = models.CharField(_("digest of the request"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), default=0)
    body = models.TextField(_("answer"), blank=True, default="")
    at = models.DateTimeField(_("at"), db_index=True)

    class Meta:
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="one_record_per_actor_and_key")]

    def __str__(self) -> str:
        return f"{self.actor} {self.key}"


class AuditEntry(models.Model):
    """That somebody looked at something, or changed it. Written once, never changed."""

    class Action(models.TextChoices):
        VIEWED = "viewed", _("Viewed")
        CREATED = "created", _("Created")
        CHANGED = "changed", _("Changed")
        DELETED = "deleted", _("Deleted")
        MERGED = "merged", _("Merged")
        UNMERGED = "unmerged", _("Merge undone")
        EXPORTED = "exported", _("Exported")
        ERASED = "erased", _("Erased")

    user = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    action = models.CharField(_("action"), max_length=10, choices=Action)
    subject_kind = models.CharField(_("kind"), max_length=40)
    subject = models.PositiveBigIntegerField(_("number"), null=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="audit_newest"),
            models.Index(fields=["subject_kind", "subject", "-at"], name="audit_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.subject_kind} {self.subject or ''}"
