"""Sending invitations so that nobody is written to twice and nobody is forgotten, whatever is killed when.

A sender claims two thousand planned rows of a wave. One commit records what became of the messages that have come
back, and marks as many next ones as *sending* as it has connections free. Their envelopes go ahead of that commit and
their contents after it, outside of any transaction; while the database works the other connections go on. Whoever
dies leaves at most as many rows in *sending* as it has connections; when their lease is over they become *unknown* and
are not sent again by themselves.
"""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from customers.models import Channel
from events.publishing import publish, wake
from mail.messages import Ending, Message, Outcome
from mail.post import Courier, Post, courier_of, post_office
from mail.reading import Channel as Way
from surveys.answering.closing import campaign_takes_answers
from surveys.contact.addressees import Addressee
from surveys.models import Campaign, Invitation
from surveys.sending.claiming import Claimed, LeaseLost, claim, give_back, waves_with_work
from surveys.sending.handing_over import record_and_mark
from surveys.sending.messages import Letter, write_letter
from surveys.sending.notes import Note, write_note

State = Invitation.State
WAYS = {Channel.EMAIL: Way.EMAIL, Channel.SMS: Way.SMS, Channel.APP: Way.APP}

WORK_AT_MOST = 30.0  # seconds a task keeps its worker
SET_ASIDE = timedelta(minutes=5)
LOOK_AGAIN = 1.0  # seconds until a sender looks what else has become due


class NothingTaken(Exception):
    """The other side takes nothing at all."""


def send_due_invitations(
    *,
    at: datetime,
    seconds: float = WORK_AT_MOST,
    post: Post | None = None,
    channel: Channel = Channel.EMAIL,
) -> bool:
    """Send what is due by `channel` at `at`, for a while; False when it stopped with work left over.

    Stops early when the other side takes nothing at all: the rows wait, and a later sweep tries again.
    """
    waves = waves_with_work(channel=channel, at=at)
    if not waves:
        return True
    stop_at = time.monotonic() + seconds
    with nullcontext(post) if post else post_office(WAYS[channel]) as way_out:
        shift = Shift(
            claims(waves, channel=channel, at=at, stop_at=stop_at),
            courier=courier_of(way_out),
            desk=Desk(at=at),
            stop_at=stop_at,
        )
        try:
            shift.work()
        except NothingTaken:
            return True
        except LeaseLost:
            return False
    return time.monotonic() < stop_at


def claims(waves: list[int], *, channel: Channel, at: datetime, stop_at: float) -> Iterator[Claimed]:
    """Claim after claim, the waves in turns so that a large one holds up no small one, until nothing is due.

    Which waves those are is looked up again every second.
    """
    while waves:
        look_again_at = time.monotonic() + LOOK_AGAIN
        has_found = False
        while waves and time.monotonic() < look_again_at:
            for wave in tuple(waves):
                if time.monotonic() >= stop_at:
                    return
                if claimed := claim(wave=wave, channel=channel, at=at):
                    has_found = True
                    yield claimed
                if claimed is None or claimed.is_last:
                    waves.remove(wave)
        waves = waves_with_work(channel=channel, at=at) if has_found else []


@dataclass(slots=True, eq=False)
class Job:
    """A claim at work: whom of it nobody writes to yet, letters for the next, and how many ends nobody wrote down yet."""

    claimed: Claimed
    campaign: Campaign
    rest: list[Addressee]
    letters: dict[int, Message] = field(default_factory=dict)
    open_ends: int = 0
    refused_sender: str = ""  # the words with which its campaign's sender is refused


class Shift:
    """A courier at work on claim after claim: while the last messages of one are on their way, the next has begun."""

    def __init__(self, claims: Iterator[Claimed], *, courier: Courier, desk: "Desk", stop_at: float) -> None:
        self.claims = claims
        self.courier = courier
        self.desk = desk
        self.stop_at = stop_at
        self.job: Job | None = None
        self.following: Job | None = None
        self.in_hand: dict[str, tuple[Job, Addressee]] = {}
        self.back: dict[Job, list[tuple[Addressee, Outcome]]] = {}
        self.untaken = 0  # so many in a row
        self.is_taken = True

    def work(self) -> None:
        """Send. Raises NothingTaken when the other side takes nothing, and LeaseLost."""
        try:
            while self.hand_over():
                self.look_ahead()
                self.take_back(wait=not self.can_begin())
        except LeaseLost:
            if self.following:
                give_back(self.following.claimed)
            raise
        if not self.is_taken:
            raise NothingTaken

    def hand_over(self) -> bool:
        """Write down what became of messages, and begin with the next; False when there is nothing left to do.

        It is one commit unless a claim ended between the two.
        """
        back, self.back = self.back, {}
        job = self.next_job()
        for done in [*back]:
            if done is not job:
                self.commit(done, back.pop(done), [])
        if job is None:
            return bool(self.in_hand or self.back)
        group = job.rest[: min(self.courier.free, self.courier.at_once)]
        self.write_letters(job, group)  # what fails here has not begun
        self.commit(job, back.get(job, []), group)
        return True

    def commit(self, job: Job, handed: list[tuple[Addressee, Outcome]], group: list[Addressee]) -> None:
        job.rest = job.rest[len(group) :]
        written = {each.pk: job.letters.pop(each.pk) for each in group}
        self.courier.announce([*written.values()])
        sending = record_and_mark(
            job.claimed, handed, group, campaign=job.campaign, at=self.desk.at, meanwhile=self.go_on
        )
        if group and not sending and not is_sending(job.campaign, at=self.desk.at):
            job.rest = []
        letters = [written[each.pk] for each in sending]
        self.in_hand |= {letter.key: (job, each) for letter, each in zip(letters, sending, strict=True)}
        job.open_ends += len(sending) - len(handed)
        self.courier.take(letters)
        self.finish(job)

    def go_on(self, until: int) -> None:
        """What there is to do while the database works, until the file `until` can be read."""
        self.courier.listen()
        self.write_ahead()
        self.courier.listen(until=until)

    def look_ahead(self) -> None:
        """Prepare what comes next while messages are on their way."""
        if self.job and len(self.job.rest) < self.courier.at_once and self.following is None:
            self.following = self.next_claim()
        self.write_ahead()

    def write_ahead(self) -> None:
        if self.job:
            self.write_letters(self.job, self.job.rest[: self.courier.at_once])

    def can_begin(self) -> bool:
        """Whether there are hands free for a whole commit, and enough to do for them."""
        return bool(self.job and self.job.rest) and self.courier.free >= self.courier.at_once

    def take_back(self, *, wait: bool = True) -> None:
        """Hear what became of messages."""
        endings = self.courier.ended(wait=wait)
        for message, outcome in endings:
            job, addressee = self.in_hand.pop(message.key)
            self.back.setdefault(job, []).append((addressee, outcome))
            if outcome.is_of_sender and job.campaign.sender_id:
                job.rest, job.refused_sender = [], outcome.words
            else:
                self.untaken = self.untaken + 1 if outcome.ending is Ending.NOT_SENT else 0
        if endings and self.untaken >= (self.courier.at_once if self.in_hand else len(endings)):
            self.is_taken = False

    def write_letters(self, job: Job, addressees: list[Addressee]) -> None:
        for each in addressees:
            if each.pk not in job.letters:
                job.letters[each.pk] = self.desk.write(each)

    def next_job(self) -> Job | None:
        """The claim to go on with; None when nothing more is begun."""
        if not self.is_taken or time.monotonic() >= self.stop_at:
            for job in filter(None, (self.job, self.following)):
                job.rest = []
                self.finish(job)
            self.job = self.following = None
        elif self.job is None or not self.job.rest:
            self.job, self.following = self.following or self.next_claim(), None
        return self.job

    def next_claim(self) -> Job | None:
        claimed = next(self.claims, None)
        return Job(claimed, self.desk.open(claimed.wave), claimed.addressees) if claimed else None

    def finish(self, job: Job) -> None:
        """Give a claim back when nothing of it is left, here or in the courier's hands."""
        if job.rest or job.open_ends:
            return
        if job.refused_sender:
            set_campaign_aside(job.campaign, words=job.refused_sender, at=self.desk.at)
        give_back(job.claimed)
        wake()
        if job is self.job:
            self.job = None


@transaction.atomic
def set_campaign_aside(campaign: Campaign, *, words: str, at: datetime) -> None:
    """Nobody takes messages in the name of its sender: the others go on, and it is tried again in some minutes."""
    Campaign.objects.filter(pk=campaign.pk).update(free_at=at + SET_ASIDE)
    publish("surveys.sender_refused", subject=campaign.pk, at=at, words=words)


def is_sending(campaign: Campaign, *, at: datetime) -> bool:
    still = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.SENDING)
    return still.filter(campaign_takes_answers(at=at)).exists()


class Desk:
    """Where mails are written: the campaigns in hand, and the letters made so far."""

    def __init__(self, *, at: datetime) -> None:
        self.at = at
        self.campaigns: dict[int, Campaign] = {}
        self.letters: dict[tuple[Any, ...], Letter | Note] = {}

    def open(self, wave: int) -> Campaign:
        """The campaign as it is now; letters of what it was before are thrown away."""
        campaign = Campaign.objects.select_related("survey", "sender").get(waves=wave)
        before = self.campaigns.get(wave)
        if before is not None and wording_of(before) != wording_of(campaign):
            self.letters = {key: letter for key, letter in self.letters.items() if key[0] != wave}
        self.campaigns[wave] = campaign
        return campaign

    def write(self, addressee: Addressee) -> Message:
        key = (
            addressee.wave_id,
            addressee.channel,
            addressee.language,
            addressee.is_reminder,
            addressee.variant,
        )
        if key not in self.letters:
            write = write_letter if addressee.channel == Channel.EMAIL else write_note
            self.letters[key] = write(
                self.campaigns[addressee.wave_id],
                language=addressee.language,
                is_reminder=addressee.is_reminder,
                at=self.at,
                variant=addressee.variant,
            )
        return self.letters[key].to(addressee, first_name=addressee.first_name)


def wording_of(campaign: Campaign) -> tuple[object, ...]:
    sender = campaign.sender
    return (
        campaign.subject,
        campaign.subject_b,
        campaign.better_subject,
        campaign.body,
        campaign.survey.language,
        campaign.survey.version_id,
        sender and (sender.name, sender.address, sender.reply_to, sender.sms_name),
    )
