from django.db import models
from django.utils.translation import gettext_lazy as _


class Unit(models.Model):
    """A part of the organisation: a brand, a location in it, a team there. Customers and staff belong to units.

    `path` holds the ids from the top to the unit, as in "/1/4/": a subtree is what begins with its root's path.
    """

    class Kind(models.TextChoices):
        BRAND = "brand", _("Brand")
        LOCATION = "location", _("Location")
        TEAM = "team", _("Team")

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("part of"),
    )
    path = models.CharField(max_length=200, editable=False, blank=True, default="")

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="one_unit_per_name_and_parent"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(parent=None), name="one_unit_per_name_at_the_top"
            ),
        ]
        indexes = [models.Index(fields=["path"], name="unit_path", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return self.name
