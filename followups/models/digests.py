from django.db import models
from django.utils.translation import gettext_lazy as _

from followups.models.follow_ups import FollowUp
from staff.models import User


class DigestEntry(models.Model):
    """A follow-up that its reader wants to hear of in the one mail of the day, and did not yet."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="digest_entries", verbose_name=_("user")
    )
    follow_up = models.ForeignKey(
        FollowUp, on_delete=models.CASCADE, related_name="digest_entries", verbose_name=_("follow-up")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("entry of the daily mail")
        verbose_name_plural = _("entries of the daily mail")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "follow_up"], name="one_digest_entry_per_user_and_follow_up"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.follow_up}"
