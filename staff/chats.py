"""Posting to the chats of teams by their incoming webhooks: outside transactions, at least once.

Each chat is asked on its own; one that does not answer is asked once a sweep, and holds up no other.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _

from events.leases import RELEASED, claim
from mail.endings import ending_of, failure_of, is_success
from mail.messages import Ending, Outcome
from mail.outbound import Answer, Client, Request
from staff.models import ChatMessage, Team
from staff.outgoing import NO_WAIT, give_up, mine, postpone

BATCH = 40
CHATS_AT_ONCE = 8
PATIENCE = timedelta(seconds=5)  # for one call
LEASE = timedelta(minutes=5)
MARKUP = "&<>@#*_~`[]|\\$"  # of any chat: Slack, Mattermost, Rocket.Chat, Discord, Teams
FULL_WIDTH = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in MARKUP})
INSIDE_ADDRESS = re.compile(r"(?<=\w)(?:\.(?=[^\W\d])|:(?=//))")
NOTHING_SEEN = "\u200b"


def send_chat_messages(*, at: datetime) -> int:
    """Post every chat message that is due; returns how many the chats took."""
    sent, silent = 0, set[int]()
    due = ChatMessage.objects.due(at).unleased().select_related("team").order_by("due_at", "pk")
    with calls() as client, ThreadPoolExecutor(CHATS_AT_ONCE) as threads:
        while messages := claim(due.exclude(team__in=silent), batch=BATCH, lease=LEASE):
            for theirs in threads.map(partial(say_in_turn, client=client), by_team(messages)):
                sent += sum(settle(message, outcome, at=at) for message, outcome in theirs)
                silent |= {message.team_id for message, outcome in theirs if not was_taken(outcome)}
    return sent


def try_chat(*, team: Team) -> Outcome:
    """Post a test message to the address of `team` now, and say what came of it."""
    text = _("A test from %(organisation)s: “%(team)s” will read of its follow-ups here.") % {
        "organisation": settings.ORGANISATION_NAME,
        "team": team,
    }
    with calls() as client:
        return say(escaped(text), address=team.chat_address, client=client)


def calls() -> Client:
    return Client(connections=CHATS_AT_ONCE, timeout=PATIENCE)


def by_team(messages: Iterable[ChatMessage]) -> Iterable[list[ChatMessage]]:
    teams: dict[int, list[ChatMessage]] = defaultdict(list)
    for message in messages:
        teams[message.team_id].append(message)
    return teams.values()


def say_in_turn(
    messages: Sequence[ChatMessage], *, client: Client
) -> list[tuple[ChatMessage, Outcome | None]]:
    """Each with what came of it; after one that was not taken the others are left for the next sweep."""
    said: list[tuple[ChatMessage, Outcome | None]] = []
    outcome: Outcome | None = Outcome(Ending.ACCEPTED)
    for message in messages:
        is_next = was_taken(outcome)
        outcome = say(message.text, address=message.team.chat_address, client=client) if is_next else None
        said.append((message, outcome))
    return said


def say(text: str, *, address: str, client: Client) -> Outcome:
    if not address:
        return Outcome(Ending.REFUSED, _("The team has no chat address any more."))
    request = Request(
        url=address,
        headers={"Content-Type": "application/json"},
        body=json.dumps({"text": text}, ensure_ascii=False).encode(),
    )
    return ending_of(partial(client.send, request), understand=understand)


def understand(answer: Answer) -> Outcome:
    return Outcome(Ending.ACCEPTED, answer.words) if is_success(answer) else failure_of(answer)


def was_taken(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.ending is Ending.ACCEPTED


def settle(message: ChatMessage, outcome: Outcome | None, *, at: datetime) -> bool:
    """Write down what came of a message; whether the chat took it."""
    if outcome is None:
        mine(message).update(**RELEASED)
    elif outcome.ending is Ending.REFUSED:
        give_up(message, error=outcome.words, at=at)
    elif not was_taken(outcome):
        postpone(message, error=outcome.words, at=at, wait=outcome.wait or NO_WAIT)
    else:
        sent = {"state": message.State.SENT, "sent_at": at, "attempts": message.attempts + 1}
        return bool(mine(message).update(text="", error="", **sent, **RELEASED))
    return False


def escaped(text: str) -> str:
    """On one line, where nothing in a name becomes a link or markup, or calls everybody in the channel.

    What one chat reads as an escape the next one shows, so signs that mean something are written in their full width,
    which people read and no chat does; an address is cut where nobody sees it.
    """
    line = " ".join(text.split()).translate(FULL_WIDTH)
    return INSIDE_ADDRESS.sub(lambda found: found[0] + NOTHING_SEEN, line)


def link(address: str, text: str) -> str:
    """A link with a name, in the way of Slack, which the others know."""
    return f"<{address}|{escaped(text)}>"
