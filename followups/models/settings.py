from typing import Self

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from surveys.models import Campaign


class LoopSettings(models.Model):
    """How the loop is closed: one row."""

    solved_campaign = models.ForeignKey(
        Campaign,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        limit_choices_to={"kind": Campaign.Kind.BY_API},
        related_name="+",
        verbose_name=_("campaign that asks whether it was solved"),
        help_text=_(
            "One that programs start, with a yes-or-no question. Empty: nobody is asked after a resolution."
        ),
    )

    class Meta:
        verbose_name = _("loop settings")
        verbose_name_plural = _("loop settings")

    def __str__(self) -> str:
        return gettext("Was it solved?")

    @classmethod
    def load(cls) -> Self:
        """The one row; made when it is asked for first."""
        return cls.objects.select_related(
            "solved_campaign__survey", "solved_campaign__segment"
        ).get_or_create(pk=1)[0]
