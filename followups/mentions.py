"""Colleagues called by name in a note: “@sara, do you know this customer?”"""

import re
from datetime import datetime

from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from followups.alerts import address_of, source_of, unit_of
from followups.models import FollowUp, FollowUpStep
from followups.words import customer_words
from staff.access import sees
from staff.models import User
from staff.notifications import notify

NAMED = re.compile(r"(?<![\w@.])@([\w.+-]{1,150})")
MOST = 20  # people one note calls


def mentioned_in(text: str) -> list[User]:
    """The active people whose user names stand behind an @ in `text`; the case does not matter."""
    names = list(dict.fromkeys(name.rstrip(".-+") for name in NAMED.findall(text)))[:MOST]
    if not names:
        return []
    asked = Q()
    for name in names:
        asked |= Q(username__iexact=name)
    return list(User.objects.filter(asked, is_active=True).select_related("unit").order_by("pk"))


def tell_mentioned(*, follow_up: FollowUp, step: FollowUpStep, at: datetime) -> None:
    """Tell those who are named in the step, may see follow-ups and this customer, and did not write it."""
    for person in mentioned_in(step.text):
        may = person.has_perm("followups.view_followup") and sees(person, unit_of(follow_up))
        if person.pk == step.author_id or not may:
            continue
        with translation.override(person.language):
            title = _("%(who)s mentions you: %(customer)s") % {
                "who": step.author or _("Somebody"),
                "customer": customer_words(follow_up),
            }
        notify(
            users=[person],
            source=source_of(follow_up, f"mention-{step.pk}"),
            title=title,
            body=step.text,
            url=address_of(follow_up),
            at=at,
        )
