"""The conversation with a customer as the page of their follow-up shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.utils.translation import gettext as _

from followups.conversations.letters import KEY_IN_ADDRESS
from followups.conversations.reaching import Way, ways_to
from followups.models import FollowUp, Message
from followups.pages.conversation_forms import CallForm, ReplyForm
from followups.words import customer_words
from mail.esp.accounts import SCHEME

State = Message.State
TONES = {
    State.WAITING: "info",
    State.SENDING: "info",
    State.SENT: "good",
    State.UNKNOWN: "warn",
    State.FAILED: "bad",
    State.RETURNED: "bad",
}
MOVING = {State.WAITING, State.SENDING}
SHOWN = 200  # the newest messages of a thread


@dataclass(frozen=True, slots=True)
class Line:
    """One message: who speaks, how it stands in a word and a colour, and whether the address is one we know."""

    message: Message
    who: str
    tone: str
    is_known: bool

    @property
    def is_ours(self) -> bool:
        return self.message.direction == Message.Direction.OUT


@dataclass(frozen=True, slots=True)
class Conversation:
    follow_up: FollowUp
    lines: Sequence[Line]
    closed: Sequence[Way]  # addresses nobody may write to, and why
    reply: ReplyForm
    call: CallForm
    may_write: bool

    @property
    def stamp(self) -> str:
        """Another one as soon as anything was written or became of a message."""
        stood = " ".join(f"{line.message.pk}:{line.message.state}" for line in self.lines)
        return sha256(stood.encode()).hexdigest()[:16]

    @property
    def looks_every(self) -> int:
        """Seconds until the page looks again: soon while something is on its way."""
        return 4 if any(line.message.state in MOVING for line in self.lines) else 20

    @property
    def is_cut(self) -> bool:
        """Whether older messages stand in the list of all messages alone."""
        return len(self.lines) == SHOWN

    @property
    def has_open_way(self) -> bool:
        return bool(self.reply.open_ways)

    @property
    def is_read(self) -> bool:
        """Whether answers by mail come back to this page; e-mail services give mails a Message-ID of their own, so that
        only the address can say what is answered."""
        if not settings.EMAIL_URL:
            return True
        is_told = not settings.EMAIL_URL.startswith(SCHEME) or KEY_IN_ADDRESS in settings.REPLY_ADDRESS
        return is_told and bool(settings.BOUNCE_IMAP_URL or settings.MAIL_WEBHOOK_SECRET)


def conversation_of(
    follow_up: FollowUp, *, may_write: bool, reply: ReplyForm | None = None, call: CallForm | None = None
) -> Conversation:
    ways = reply.ways if reply else list(ways_to(follow_up))
    return Conversation(
        follow_up=follow_up,
        lines=lines_of(follow_up, ways),
        closed=[way for way in ways if way.why_not],
        reply=reply or ReplyForm(follow_up=follow_up, ways=ways),
        call=call or CallForm(initial={"version": follow_up.version}),
        may_write=may_write,
    )


def lines_of(follow_up: FollowUp, ways: Sequence[Way]) -> list[Line]:
    """The newest messages, in the order they were written."""
    newest = (
        follow_up.messages.select_related("author").prefetch_related("files").order_by("-at", "-pk")[:SHOWN]
    )
    known = {way.address.lower() for way in ways}
    return [
        Line(
            message=each,
            who=who_wrote(each, follow_up),
            tone=TONES.get(State(each.state), "plain"),
            is_known=each.address.lower() in known,
        )
        for each in reversed(newest)
    ]


def who_wrote(message: Message, follow_up: FollowUp) -> str:
    if message.direction == Message.Direction.IN:
        return customer_words(follow_up)
    if message.kind == Message.Kind.AUTOMATIC:
        return _("Sent by itself")
    return str(message.author or _("Somebody who left"))
