"""Personas: somebody who stands for the customers of a segment. How many those are, and how they score, a room above says."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from customers.models import Persona
from staff.audit import audit
from staff.models import AuditEntry, User

Context = Callable[[Persona, User, datetime], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A few figures for a persona's card, and more for its page: what each template shows, to whom, and when."""

    summary: Context
    summary_template: str
    story: Context
    story_template: str


def lent_figures() -> Figures:
    """Those of the room that settings.PERSONA_FIGURES names."""
    figures: Figures = import_string(settings.PERSONA_FIGURES)
    return figures


@transaction.atomic
def save_persona(*, persona: Persona, by: User, at: datetime) -> None:
    """Add or change `persona`; a picture it had before and has no more is deleted with the change."""
    before = Persona.objects.filter(pk=persona.pk).values_list("picture", flat=True).first()
    persona.save()
    if before and before != persona.picture.name:
        delete_picture(persona, before)
    action = AuditEntry.Action.CREATED if before is None else AuditEntry.Action.CHANGED
    audit(user=by, action=action, subject=persona, at=at)


@transaction.atomic
def delete_persona(*, persona: Persona, by: User, at: datetime) -> None:
    """Delete `persona` and its picture; journeys that were theirs stay."""
    audit(user=by, action=AuditEntry.Action.DELETED, subject=persona, at=at)
    if persona.picture.name:
        delete_picture(persona, persona.picture.name)
    persona.delete()


def delete_picture(persona: Persona, name: str) -> None:
    """Once the change stands."""
    storage = persona.picture.storage
    transaction.on_commit(lambda: storage.delete(name), robust=True)


def lines_of(text: str) -> list[str]:
    """What stands one on a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def initials_of(persona: Persona) -> str:
    """What is shown where there is no picture."""
    return "".join(word[0] for word in persona.name.split()[:2]).upper()
