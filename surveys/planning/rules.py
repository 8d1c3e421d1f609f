"""What must be true of a campaign before anybody is asked: of each kind what it needs, and of its messages what they say.

Whatever takes a campaign's contents asks here: the form, the API, and once more whoever launches it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import time
from itertools import starmap
from typing import NamedTuple

from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Channel
from journeys.models import CONTACTS, Interaction
from surveys.contact.clock import Hours, is_quiet
from surveys.contact.policy import rules_now
from surveys.models import Campaign
from surveys.models.campaigns import MOST_REMINDERS
from surveys.planning.details import problems_of_detail

Kind = Campaign.Kind
BY_OCCASION = {Kind.TRIGGERED, Kind.BY_API}  # each of whose rows in the ledger knows what it is about
NAMES_IN_MESSAGES = ("first_name", "organisation")  # what every message may say: of its reader, and of us
NAMES_OF_OCCASIONS = (
    "agent",
    "order",
    "you_said",
    "what_we_did",
)  # and what it may say besides, where it has an occasion
SAMPLE = {
    "agent": "Ana",
    "order": "A-17",
    "you_said": "The queue at the counter was too long.",
    "what_we_did": "We opened a second counter from four to seven.",
}  # what an occasion may bring, where there is none yet
IN_BRACES = re.compile(r"\{([^{}\s]{1,40})\}")
TRIGGERS = (
    *CONTACTS,
    Interaction.Kind.NOTE,
)  # what staff and programs write; what the platform writes starts nothing
MOST_WEEKS, MOST_HOURS, MOST_DAYS = 104, 24 * 60, 730
MOST_CONTROL, MOST_COMPARED, MOST_COMPARING = 90, 50, 168


class Problem(NamedTuple):
    """What is wrong with a field, and what to do."""

    field: str
    sentence: str


def problems_of(campaign: Campaign) -> Iterator[Problem]:
    """Everything that is wrong with what `campaign` says, whoever is asked; nothing when it is fine."""
    yield from problems_of_kind(campaign)
    yield from problems_of_channels(campaign)
    yield from problems_of_shares(campaign)
    yield from problems_of_time(campaign)
    for name in ("subject", "body", "subject_b"):
        yield from problems_of_text(name, getattr(campaign, name), campaign.kind)


def problems_of_kind(campaign: Campaign) -> Iterator[Problem]:
    match campaign.kind:
        case Kind.RECURRING:
            yield from beyond("every_weeks", campaign.every_weeks, 1, MOST_WEEKS)
        case Kind.TRIGGERED:
            if not campaign.trigger:
                yield Problem("trigger", _("Say what has to happen before somebody is asked."))
            elif campaign.trigger not in TRIGGERS:
                yield Problem("trigger", _("The platform itself writes this down, and it starts nothing."))
            yield from starmap(Problem, problems_of_detail(campaign))
            yield from beyond("delay_hours", campaign.delay_hours, 0, MOST_HOURS)
            yield from beyond("cooldown_days", campaign.cooldown_days, 0, MOST_DAYS)
        case Kind.BY_API:
            yield from beyond("cooldown_days", campaign.cooldown_days, 0, MOST_DAYS)
    if campaign.sample_size is not None:
        if campaign.kind != Kind.ONCE:
            yield Problem(
                "sample_size",
                _("Only a campaign that asks once can ask so many people: give a share in percent instead."),
            )
        elif campaign.sample_size < 1:
            yield Problem("sample_size", _("Ask at least one person, or leave it empty to ask everybody."))


def problems_of_channels(campaign: Campaign) -> Iterator[Problem]:
    channels = campaign.channels
    if not isinstance(channels, list) or not channels or not set(channels) <= set(Channel.values):
        yield Problem("channels", _("Choose at least one channel."))
    elif len(set(channels)) < len(channels):
        yield Problem("channels", _("Choose each channel once."))


def problems_of_shares(campaign: Campaign) -> Iterator[Problem]:
    yield from beyond("sample_percent", campaign.sample_percent, 1, 100)
    yield from beyond("control_percent", campaign.control_percent, 0, MOST_CONTROL)
    if any((campaign.subject_b or {}).values()):
        yield from beyond("compare_percent", campaign.compare_percent, 1, MOST_COMPARED)
        yield from beyond("compare_hours", campaign.compare_hours, 1, MOST_COMPARING)
    if campaign.per_hour is not None and campaign.per_hour < 1:
        yield Problem("per_hour", _("Send at least one message an hour, or leave it empty for no limit."))


def problems_of_time(campaign: Campaign) -> Iterator[Problem]:
    yield from beyond("reminders", campaign.reminders, 0, MOST_REMINDERS)
    if campaign.reminders:
        yield from beyond("remind_after_days", campaign.remind_after_days, 1, 90)
    if campaign.ends_at and campaign.starts_at and campaign.ends_at <= campaign.starts_at:
        yield Problem("ends_at", _("The campaign would end before it starts."))
    if campaign.send_at is not None:
        yield from problems_of_time_of_day(campaign.send_at)


def problems_of_time_of_day(wanted: time) -> Iterator[Problem]:
    rules = rules_now()
    start, end = rules.quiet_from, rules.quiet_until
    if start is None or end is None or not is_quiet(wanted, Hours(quiet_from=start, quiet_until=end)):
        return
    sentence = _(
        "At %(wanted)s nobody is written to: the quiet hours of the contact policy last from %(start)s to %(end)s."
        " Choose a time outside of them, or leave it empty."
    )
    clocks = {"wanted": wanted, "start": start, "end": end}
    yield Problem("send_at", sentence % {name: time_format(clock) for name, clock in clocks.items()})


def beyond(field: str, value: int | None, least: int, most: int) -> Iterator[Problem]:
    if value is None or not least <= value <= most:
        numbers = {"least": least, "most": most}
        yield Problem(field, _("Give a whole number from %(least)s to %(most)s.") % numbers)


def problems_of_text(field: str, texts: Mapping[str, str] | None, kind: str) -> Iterator[Problem]:
    may_say = (*NAMES_IN_MESSAGES, *(NAMES_OF_OCCASIONS if kind in BY_OCCASION else ()))
    known = in_braces(may_say)
    named = names_in(texts or {}) - set(may_say)
    if too_early := named & set(NAMES_OF_OCCASIONS):
        sentence = _(
            "Only campaigns that ask when something happened, or by programs, know %(names)s."
            " Here you can write %(known)s."
        )
        yield Problem(field, sentence % {"names": in_braces(sorted(too_early)), "known": known})
    if unknown := sorted(named - set(NAMES_OF_OCCASIONS)):
        sentence = ngettext(
            "Nothing is put in the place of %(unknown)s: customers would read it as it stands. You can write %(known)s.",
            "Nothing is put in the places of %(unknown)s: customers would read them as they stand."
            " You can write %(known)s.",
            len(unknown),
        )
        yield Problem(field, sentence % {"unknown": in_braces(unknown), "known": known})


def sample_occasion(campaign: Campaign) -> dict[str, str]:
    """What is put in the place of an occasion's names while a message is looked at or tried out."""
    return dict(SAMPLE) if campaign.kind in BY_OCCASION else {}


def names_in(texts: Mapping[str, str]) -> set[str]:
    """What stands in braces in any language."""
    return {name for text in texts.values() for name in IN_BRACES.findall(text or "")}


def in_braces(names: Iterable[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in names)
