from django.db import models
from django.utils.translation import gettext_lazy as _


class Playbook(models.Model):
    """What has proved right to do in one kind of case, step by step."""

    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        verbose_name = _("playbook")
        verbose_name_plural = _("playbooks")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PlaybookStep(models.Model):
    playbook = models.ForeignKey(
        Playbook, on_delete=models.CASCADE, related_name="steps", verbose_name=_("playbook")
    )
    position = models.PositiveSmallIntegerField(_("place"), default=0)
    text = models.CharField(_("what to do"), max_length=300)

    class Meta:
        verbose_name = _("step of a playbook")
        verbose_name_plural = _("steps of a playbook")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.text
