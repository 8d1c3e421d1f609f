from django.db import models
from django.utils.translation import gettext_lazy as _

from staff.models import User
from surveys.models.responses import SurveyResponse


class Interview(models.Model):
    """That a response was typed by a member of staff, while talking to the customer."""

    survey_response = models.OneToOneField(
        SurveyResponse, on_delete=models.CASCADE, related_name="interview", verbose_name=_("response")
    )
    typed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("typed by")
    )

    class Meta:
        verbose_name = _("interview")
        verbose_name_plural = _("interviews")

    def __str__(self) -> str:
        return str(self.typed_by or "–")
