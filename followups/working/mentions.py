"""Colleagues called by name in a note: “@sara, do you know this customer?”"""

import re
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from followups.alerts.owners import address_of, source_of, unit_of
from followups.models import FollowUp, FollowUpStep
from followups.words import customer_words
from staff.access import sees
from staff.models import User
from staff.notifications import notify

WORD = re.compile(r"[A-Za-z0-9_]")
AT = re.compile(r"(?<![A-Za-z0-9_.+-])@")  # not that of an e-mail address
MOST = 20  # people one note calls


def mentioned_in(text: str) -> list[User]:
    """The active people whose user names stand behind an @ in `text`; the case does not matter. Scripts without spaces
    are read, too: the longest name that fits counts."""
    if not (called := [text[each.end() :].casefold() for each in AT.finditer(text)][:MOST]):
        return []
    known = {
        name.casefold(): pk for pk, name in User.objects.filter(is_active=True).values_list("pk", "username")
    }
    longest_first = sorted(known, key=len, reverse=True)
    names = [next((name for name in longest_first if begins(words, name)), None) for words in called]
    found = {known[name] for name in names if name}
    return list(User.objects.filter(pk__in=found).select_related("unit").order_by("pk"))


def begins(words: str, name: str) -> bool:
    """Whether `words` begin with `name` and not with a longer word: “sara”, “sara.”, but not “sarah”."""
    return words.startswith(name) and not WORD.match(words, len(name))


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
