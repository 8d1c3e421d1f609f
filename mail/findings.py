"""What was found when something was looked at: fine, missing, or not to be told just now."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    OK = "ok", _("OK")
    MISSING = "missing", _("Missing")
    UNKNOWN = "unknown", _("Unknown")


@dataclass(frozen=True, slots=True)
class Finding:
    """`sentence` says what was found, and what to do where something is to be done."""

    name: str
    state: State
    sentence: str
