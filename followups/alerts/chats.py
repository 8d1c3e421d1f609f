"""Telling a team's chat about its follow-ups: who and how unhappy, never what they wrote.

Everybody in the channel reads along, so a message holds names and scores, with links that ask for a login.
"""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from followups.alerts.overdue import LISTED, Words, once, teams_of
from followups.alerts.owners import address_of, due_words, owner_title, source_of, with_words
from followups.models import FollowUp
from followups.words import did_words
from staff.chats import escaped, link
from staff.models import ChatMessage, Team
from staff.notifications import post_chat_messages, shortened


def tell_chats(*, follow_ups: QuerySet[FollowUp], words: Words, at: datetime) -> None:
    """Post to the chat of each team that has one, in its lead's language: one message, once for each step."""
    teams = teams_of(follow_ups).exclude(chat_address="").select_related("lead")
    messages = []
    for team in teams:
        theirs = follow_ups.filter(team=team)
        if shown := list(with_words(theirs).order_by("due_at", "pk")[: LISTED + 1]):
            number = len(shown) if len(shown) <= LISTED else theirs.count()
            messages.append(message_of(shown, number, words, to=team, at=at))
    if messages:
        post_chat_messages(messages)


def message_of(shown: list[FollowUp], number: int, words: Words, *, to: Team, at: datetime) -> ChatMessage:
    with translation.override(to.lead.language if to.lead else settings.LANGUAGE_CODE):
        title = shortened(words.subject(number))
        lines = [f"*{escaped(title)}*", *(line_of(each) for each in shown[:LISTED])]
        if number > LISTED:
            address = settings.PUBLIC_BASE_URL + reverse("admin:followups_inbox")
            lines.append(link(address, _("… and the others in the inbox")))
    return ChatMessage(
        team=to,
        source=source_of(shown[0], once(shown[0], words.event)),
        title=title,
        text="\n".join(lines),
        due_at=at,
    )


def line_of(follow_up: FollowUp) -> str:
    name = shortened(did_words(follow_up))
    facts = f"{_('Owner')}: {follow_up.owner or _('nobody')} · {_('due')}: {due_words(follow_up)}"
    return f"• {link(settings.PUBLIC_BASE_URL + address_of(follow_up), name)} · {escaped(facts)}"


def opened_subject(n: int) -> str:
    return ngettext("%(n)s new follow-up", "%(n)s new follow-ups", n) % {"n": n}


OPENED = Words("opened", owner_title, opened_subject)
