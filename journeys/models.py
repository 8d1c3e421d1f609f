from datetime import datetime
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Persona
from staff.models import Unit

LONGEST_SUMMARY = 300  # characters


class Touchpoint(models.Model):
    """A place where customers meet the organisation."""

    name = models.CharField(_("name"), max_length=120, unique=True)
    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    description = models.TextField(_("description"), blank=True)
    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="touchpoints",
        verbose_name=_("unit"),
    )

    class Meta:
        verbose_name = _("touchpoint")
        verbose_name_plural = _("touchpoints")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class JourneyMap(models.Model):
    name = models.CharField(_("name"), max_length=120, unique=True)
    description = models.TextField(_("description"), blank=True)
    persona = models.ForeignKey(
        Persona,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="journey_maps",
        verbose_name=_("whose journey it is"),
    )

    class Meta:
        verbose_name = _("journey map")
        verbose_name_plural = _("journey maps")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """A step of a journey; its touchpoints stand in it in order."""

    journey_map = models.ForeignKey(
        JourneyMap, on_delete=models.CASCADE, related_name="stages", verbose_name=_("journey map")
    )
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=120)
    goal = models.CharField(_("what the customer wants here"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["journey_map", "name"], name="one_stage_per_map_and_name")
        ]

    def __str__(self) -> str:
        return self.name


class StageTouchpoint(models.Model):
    stage = models.ForeignKey(
        Stage, on_delete=models.CASCADE, related_name="placements", verbose_name=_("stage")
    )
    touchpoint = models.ForeignKey(
        Touchpoint, on_delete=models.PROTECT, related_name="placements", verbose_name=_("touchpoint")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("touchpoint of a stage")
        verbose_name_plural = _("touchpoints of stages")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["stage", "touchpoint"], name="one_placement_per_stage")
        ]

    def __str__(self) -> str:
        return f"{self.stage} · {self.touchpoint}"


class InteractionQuerySet(models.QuerySet["Interaction"]):
    def contacts(self) -> Self:
        """What customers did, not what the platform noted about them: the volume of a touchpoint."""
        return self.filter(kind__in=CONTACTS)

    def purchases(self) -> Self:
        return self.filter(kind=Interaction.Kind.PURCHASE)

    def between(self, start: datetime, end: datetime) -> Self:
        """From `start` until before `end`."""
        return self.filter(at__gte=start, at__lt=end)

    def before(self, other: "Interaction") -> Self:
        """Those that stand below `other`, newest first."""
        return self.filter(
            models.Q(at__lt=other.at) | models.Q(at=other.at, pk__lt=other.pk), at__lte=other.at
        )


class Interaction(models.Model):
    """One thing that happened between a customer and the organisation; together they are the timeline."""

    class Kind(models.TextChoices):
        SURVEY_SENT = "survey_sent", _("Survey sent")
        SURVEY_ANSWERED = "survey_answered", _("Survey answered")
        PURCHASE = "purchase", _("Purchase")
        VISIT = "visit", _("Visit")
        CALL = "call", _("Call")
        MESSAGE = "message", _("Message")
        REVIEW = "review", _("Review")
        CALL_REQUEST = "call_request", _("Asked to be called")
        NOTE = "note", _("Note")
        FOLLOW_UP = "follow_up", _("Follow-up")
        LOYALTY = "loyalty", _("Loyalty")

    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, related_name="interactions", verbose_name=_("customer")
    )
    touchpoint = models.ForeignKey(
        Touchpoint,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="interactions",
        verbose_name=_("touchpoint"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    source = models.CharField(_("source"), max_length=40)
    external_id = models.CharField(_("id at the source"), max_length=120)
    at = models.DateTimeField(_("at"))
    summary = models.CharField(_("summary"), max_length=LONGEST_SUMMARY, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2, null=True, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    objects = InteractionQuerySet.as_manager()

    class Meta:
        verbose_name = _("interaction")
        verbose_name_plural = _("interactions")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="one_interaction_per_source_and_id"
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-at", "-id"], name="interaction_timeline"),
            models.Index(fields=["customer", "kind", "-at", "-id"], name="interaction_timeline_of_kind"),
            models.Index(fields=["kind", "at", "customer"], name="interaction_segments"),
            models.Index(fields=["touchpoint", "at"], name="interaction_touchpoint"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d}"


CONTACTS = (
    Interaction.Kind.PURCHASE,
    Interaction.Kind.VISIT,
    Interaction.Kind.CALL,
    Interaction.Kind.MESSAGE,
    Interaction.Kind.REVIEW,
    Interaction.Kind.CALL_REQUEST,
)
