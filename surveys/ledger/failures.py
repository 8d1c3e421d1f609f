"""What did not go through, gathered by what providers said of it: one refusal has many wordings, with a number in each."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from os.path import commonprefix
from typing import Any

from django.db.models import Count, Q

from surveys.models import Invitation
from surveys.models.invitations import InvitationQuerySet

State, Reason = Invitation.State, Invitation.Reason
MOST_GROUPS = 8
STATUS = re.compile(r"\A(\d{3})[ -](\d\.\d{1,3}\.\d{1,3})\b")  # of a mail server: RFC 5321 and RFC 3463
NUMBERS = re.compile(r"(?=\S*\d)\S{8,}")  # of queues, messages, addresses: each message has its own


@dataclass
class Group:
    """Failures alike: the most frequent words of theirs, and with what the words of all of them begin."""

    people: int = 0
    words: str = ""
    most: int = 0
    same: str | None = None

    def add(self, words: str, people: int) -> None:
        self.people += people
        self.same = words if self.same is None else commonprefix([self.same, words])  # noqa: RUF071  no paths
        if people > self.most:
            self.words, self.most = words, people


def alike(words: str) -> str:
    """What refusals of one cause have in common: the server's codes, else its words without numbers."""
    status = STATUS.match(words)
    return " ".join(status.groups()) if status else NUMBERS.sub("…", words)


def count_failures(ledger: InvitationQuerySet) -> dict[str, Any]:
    """Of what failed, is unknown, or is tried again, the largest groups: [state, reason, words, same, people], and the rest.

    A reminder that was refused left its row *sent*. One query; the words are gathered as they come.
    """
    failed = Q(state__in=[State.FAILED, State.UNKNOWN]) | ~Q(error="")
    no_failure = Q(state=State.SENT, reminders_sent=0)  # whoever left, or answered, before it was tried again
    rows = ledger.filter(failed).exclude(no_failure).order_by().values_list("state", "reason", "error")
    return gathered(rows.annotate(people=Count("pk")).order_by("error").iterator())


def gathered(rows: Iterable[tuple[str, str, str, int]]) -> dict[str, Any]:
    groups: dict[tuple[str, str, str], Group] = {}
    for state, reason, words, people in rows:
        why = reason if state == State.FAILED else ""
        groups.setdefault((state, why, alike(words)), Group()).add(words, people)
    ordered = sorted(groups.items(), key=lambda item: (-item[1].people, item[0]))
    return {
        "failures": [
            [state, reason, group.words, group.same, group.people]
            for (state, reason, _alike), group in ordered[:MOST_GROUPS]
        ],
        "other_failures": sum(group.people for _key, group in ordered[MOST_GROUPS:]),
    }
