from django.db import models
from django.utils.translation import gettext_lazy as _

from staff.models import User


class SavedView(models.Model):
    """A list of the inbox somebody comes back to: its tab and filters under a name."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="follow_up_views", verbose_name=_("user")
    )
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("what it shows"), max_length=300)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_saved_view_per_name")]

    def __str__(self) -> str:
        return self.name
