from django.db import models
from django.utils.translation import gettext_lazy as _

from journeys.models import Touchpoint
from staff.models import Unit
from surveys.models.surveys import Survey


class SurveyLink(models.Model):
    """A way to a survey that is open to whoever comes by: a link, a QR code, a kiosk, a page of the own site."""

    class Kind(models.TextChoices):
        OPEN = "open", _("Open link")
        QR = "qr", _("QR code")
        KIOSK = "kiosk", _("Kiosk")
        EMBED = "embed", _("On your website")

    survey = models.ForeignKey(
        Survey, on_delete=models.PROTECT, related_name="links", verbose_name=_("survey")
    )
    name = models.CharField(_("name"), max_length=120)
    code = models.CharField(_("code"), max_length=16, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.OPEN)
    touchpoint = models.ForeignKey(
        Touchpoint,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="survey_links",
        verbose_name=_("touchpoint"),
    )
    unit = models.ForeignKey(
        Unit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="survey_links",
        verbose_name=_("unit"),
    )
    is_active = models.BooleanField(_("takes answers"), default=True)
    per_device = models.BooleanField(_("one answer per device"), default=False)
    work = models.PositiveSmallIntegerField(_("proof of work, in bits"), default=0)
    sites = models.JSONField(_("allowed sites"), default=list, blank=True)  # origins: "https://shop.example"
    rules = models.JSONField(_("when it is shown"), default=dict, blank=True)
    closes_at = models.DateTimeField(_("takes answers until"), null=True, blank=True)
    opened = models.PositiveIntegerField(_("opened"), default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("way to ask")
        verbose_name_plural = _("ways to ask")
        ordering = ["survey", "name", "pk"]

    def __str__(self) -> str:
        return self.name
