"""Sending invitations so that nobody is written to twice and nobody is forgotten, whatever is killed when.

A sender claims two thousand planned rows of a wave. Its connections work in two crews: one commit records what
became of a crew's messages and marks its next ones as *sending*, as many as it has connections; the mails are handed
over outside of any transaction, while the mail server still works for the other crew. Whoever dies leaves at most as
many rows in *sending* as it has connections; when their lease is over they become *unknown* and are not sent again by
themselves.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any

from customers.models import Channel
from events.publishing import wake
from mail.messages import Ending, Message
from mail.post import Crew, Post, crews_of, post_office
from mail.reading import Channel as Way
from surveys.addressees import Addressee
from surveys.claiming import Claimed, LeaseLost, claim, give_back, waves_with_work
from surveys.closing import survey_takes_answers
from surveys.handing_over import Handed, record_and_mark
from surveys.messages import Letter, write_letter
from surveys.models import Campaign, Invitation
from surveys.notes import Note, write_note

State = Invitation.State
WAYS = {Channel.EMAIL: Way.EMAIL, Channel.SMS: Way.SMS, Channel.APP: Way.APP}

WORK_AT_MOST = 30.0  # seconds a task keeps its worker
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
    if post is None:
        if not waves_with_work(channel=channel, at=at):
            return True
        with post_office(WAYS[channel]) as house_post:
            return send_due_invitations(at=at, seconds=seconds, post=house_post, channel=channel)
    stop_at = time.monotonic() + seconds
    shift = Shift(claims(channel=channel, at=at, stop_at=stop_at), desk=Desk(at=at), stop_at=stop_at)
    try:
        shift.work(crews_of(post))
    except NothingTaken:
        return True
    except LeaseLost:
        return False
    return time.monotonic() < stop_at


def claims(*, channel: Channel, at: datetime, stop_at: float) -> Iterator[Claimed]:
    """Claim after claim, the waves in turns so that a large one holds up no small one, until nothing is due.

    Which waves those are is looked up again every second.
    """
    while waves := waves_with_work(channel=channel, at=at):
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
        if not has_found:
            return


@dataclass(slots=True, eq=False)
class Job:
    """A claim at work, and whom of it nobody writes to yet."""

    claimed: Claimed
    campaign: Campaign
    rest: list[Addressee]


class Shift:
    """Crews at work on claim after claim: while the last messages of one are on their way, the next has begun."""

    def __init__(self, claims: Iterator[Claimed], *, desk: "Desk", stop_at: float) -> None:
        self.claims = claims
        self.desk = desk
        self.stop_at = stop_at
        self.job: Job | None = None
        self.in_hand: dict[Crew, tuple[Job, list[Addressee]]] = {}
        self.is_taken = True

    def work(self, crews: Sequence[Crew]) -> None:
        """Send, the crews in turns. Raises NothingTaken when the other side takes nothing, and LeaseLost."""
        turns = cycle(crews)
        crew = next(turns)
        while True:
            crew.give()
            job = self.next_job()
            if job is None and not self.in_hand:
                break
            following = next(turns)
            group = job.rest[: following.width] if job else []
            letters = {each.pk: self.desk.write(each) for each in group}  # what fails here has not begun
            done, handed = self.come_back(following)
            sending = self.commit(done, handed, job, group)
            following.announce([letters[each.pk] for each in sending])
            if job and sending:
                self.in_hand[following] = (job, sending)
            for each in filter(None, {done, job}):
                self.finish(each)
            crew = following
        if not self.is_taken:
            raise NothingTaken

    def next_job(self) -> Job | None:
        """The claim to go on with; None when nothing more is begun."""
        if not self.is_taken or time.monotonic() >= self.stop_at:
            if self.job:
                self.job.rest = []
                self.finish(self.job)
            return None
        if self.job is None or not self.job.rest:
            self.job = None
            if claimed := next(self.claims, None):
                self.job = Job(claimed, self.desk.open(claimed.wave), claimed.addressees)
        return self.job

    def come_back(self, crew: Crew) -> tuple[Job | None, Handed]:
        """What became of the messages that a crew had in hand."""
        outcomes = crew.outcomes()
        if crew not in self.in_hand:
            return None, []
        job, addressees = self.in_hand.pop(crew)
        self.is_taken &= any(outcome.ending is not Ending.NOT_SENT for outcome in outcomes)
        return job, list(zip(addressees, outcomes, strict=True))

    def commit(
        self, done: Job | None, handed: Handed, job: Job | None, group: list[Addressee]
    ) -> list[Addressee]:
        """Write down what became of messages of `done`, and who of `job` is next; returns the latter.

        It is one commit unless a claim ended between the two.
        """
        at = self.desk.at
        if done and done is not job:
            record_and_mark(done.claimed, handed, [], campaign=done.campaign, at=at)
            handed = []
        if job is None:
            return []
        if not self.is_taken:
            group = []
        sending = record_and_mark(job.claimed, handed, group, campaign=job.campaign, at=at)
        job.rest = job.rest[len(group) :] if sending or (group and is_sending(job.campaign, at=at)) else []
        return sending

    def finish(self, job: Job) -> None:
        """Give a claim back when nothing of it is left, here or in a crew's hands."""
        if job.rest or any(job is other for other, _addressees in self.in_hand.values()):
            return
        give_back(job.claimed)
        wake()
        if job is self.job:
            self.job = None


def is_sending(campaign: Campaign, *, at: datetime) -> bool:
    still = Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.SENDING)
    return still.filter(survey_takes_answers(at=at)).exists()


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
