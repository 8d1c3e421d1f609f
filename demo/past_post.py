"""The providers of the past year: what they took, what they refused, and what they told afterwards.

What becomes of an address depends on the address alone, so a dead one is dead in every campaign.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from demo.people import dice_of
from mail.messages import Ending, Message, Outcome
from mail.reading import Channel, Kind, Report

MAIL_PROVIDER, SMS_PROVIDER = "postmark", "http-gateway"
REFUSED, DEAD = 0.003, 0.011  # shares of addresses, one after the other
REFUSALS = (
    "550 5.1.1 The email account that you tried to reach does not exist.",
    "552 5.2.2 The recipient's inbox is out of storage space.",
    "550 5.7.1 Rejected by the recipient's content policy.",
)
SMS_REFUSALS = ("400 21614 The number is a landline and cannot receive SMS.",)
BOUNCES = ("5.1.1 user unknown", "5.1.10 recipient address has null MX", "5.2.1 mailbox disabled")
INTERRUPTED = 0.0002  # of the messages
OPENS, CLICKS, COMPLAINS, NOT_DELIVERED = 0.24, 0.3, 0.0007, 0.006
SCANNED = 0.17  # of the addresses stand behind a scanner that opens every mail


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a provider took."""

    invitation: int
    key: str
    recipient: str

    @property
    def channel(self) -> Channel:
        return Channel.EMAIL if "@" in self.recipient else Channel.SMS


class PastPost:
    """Takes the messages of one channel's campaigns in the past year."""

    width = 200

    def __init__(self) -> None:
        self.taken: list[Taken] = []

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        return [self.outcome_of(message) for message in messages]

    def outcome_of(self, message: Message) -> Outcome:
        luck = dice_of("address", message.recipient)
        is_mail = "@" in message.recipient
        if luck.random() < REFUSED:
            return Outcome(Ending.REFUSED, luck.choice(REFUSALS if is_mail else SMS_REFUSALS))
        if dice_of("line", message.key).random() < INTERRUPTED:
            return Outcome(Ending.UNKNOWN, "SMTPServerDisconnected: Connection unexpectedly closed")
        self.taken.append(Taken(int(message.key.split(".")[1]), message.key, message.recipient))
        return Outcome(Ending.ACCEPTED, "250 2.0.0 OK", id=message.key)

    def take_out(self) -> list[Taken]:
        """What was taken since this was asked last."""
        taken, self.taken = self.taken, []
        return taken

    def close(self) -> None: ...


def told_of(taken: Taken, *, at: datetime) -> Iterator[Report]:
    """What the provider tells of a message that it took `at`."""
    address, dice = dice_of("address", taken.recipient), dice_of("told", taken.key)
    luck = address.random()
    if taken.channel == Channel.SMS:
        kind = Kind.UNDELIVERED if dice.random() < 3 * NOT_DELIVERED else Kind.DELIVERED
        yield report(taken, kind, at + timedelta(seconds=dice.randrange(3, 40)))
    elif luck < DEAD:
        yield report(
            taken, Kind.BOUNCED, at + timedelta(minutes=dice.randrange(1, 9)), address.choice(BOUNCES)
        )
    elif dice.random() < NOT_DELIVERED:
        yield report(taken, Kind.UNDELIVERED, at + timedelta(hours=20), "4.4.1 connection timed out")
    else:
        yield from told_of_arrived(taken, dice, at=at, is_scanned=address.random() < SCANNED)


def told_of_arrived(taken: Taken, dice: Random, *, at: datetime, is_scanned: bool) -> Iterator[Report]:
    arrived = at + timedelta(seconds=dice.randrange(2, 30))
    yield report(taken, Kind.DELIVERED, arrived)
    if is_scanned:
        yield report(taken, Kind.OPENED, arrived + timedelta(seconds=2), is_machine=True)
    if dice.random() < OPENS:
        opened = at + timedelta(minutes=dice.randrange(2, 700))
        yield report(taken, Kind.OPENED, opened)
        if dice.random() < CLICKS:
            yield report(taken, Kind.CLICKED, opened + timedelta(seconds=dice.randrange(4, 60)))
    if dice.random() < COMPLAINS:
        yield report(taken, Kind.COMPLAINED, at + timedelta(hours=9))


def report(taken: Taken, kind: Kind, at: datetime, words: str = "", *, is_machine: bool = False) -> Report:
    return Report(
        channel=taken.channel,
        provider=MAIL_PROVIDER if taken.channel == Channel.EMAIL else SMS_PROVIDER,
        event=f"{taken.key}:{kind}{':machine' if is_machine else ''}",
        kind=kind,
        at=at,
        message_id=taken.key,
        key=taken.key,
        recipient=taken.recipient,
        words=words,
        is_machine=is_machine,
    )
