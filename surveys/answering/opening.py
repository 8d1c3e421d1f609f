"""That a survey was looked at: the top of its funnel. An answer is never a look.

Scanners of mail servers and previews of messengers follow links too: they are told apart from people.
"""

from datetime import datetime

from django.db.models import F
from django.db.models.functions import Coalesce
from django.http import HttpRequest

from mail.machines import Fetch, sign_of_machine
from surveys.models import Invitation, SurveyLink


def note_opened(invitation: Invitation, *, at: datetime, is_machine: bool = False) -> None:
    """The first look at a personal link: by a person, who clicked on it then, and until one comes by a machine."""
    row = Invitation.objects.filter(pk=invitation.pk)
    if is_machine:
        if invitation.opened_at is None and invitation.machine_opened_at is None:
            row.filter(machine_opened_at=None).update(machine_opened_at=at)
    elif invitation.opened_at is None or invitation.clicked_at is None:
        row.update(opened_at=Coalesce("opened_at", at), clicked_at=Coalesce("clicked_at", at))


def count_look(link: SurveyLink) -> None:
    """One more look at an open link."""
    SurveyLink.objects.filter(pk=link.pk).update(opened=F("opened") + 1)


def comes_from_machine(request: HttpRequest, *, at: datetime, handed_over_at: datetime | None = None) -> bool:
    """Whether no person looks here; `handed_over_at` is when the message with the link left, where one did."""
    fetch = Fetch(
        user_agent=request.headers.get("User-Agent", ""),
        method=request.method or "",
        after=at - handed_over_at if handed_over_at else None,
    )
    return sign_of_machine(fetch) is not None
