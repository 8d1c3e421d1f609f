"""What speaks against a launch: what has to be mended first, and what is only unwise."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.dates import say_moment
from mail.post import leaves
from mail.reading import Channel
from mail.sending_domain import doubts_about
from surveys.metrics import TREND_FROM
from surveys.models import Campaign, Question, Survey
from surveys.planning.rules import problems_of
from surveys.preflight.overlaps import Overlap
from surveys.preflight.report import Group, Preflight
from surveys.questions.questionnaires import NotPublished, asked_by
from surveys.questions.wording import languages_of, own_name
from surveys.sending.previewing import parts_of_sms


class Caution(NamedTuple):
    """`has_to_be_mended` is what a launch would refuse; `link` leads to where it is mended, by (name, key)."""

    sentence: str
    has_to_be_mended: bool = False
    link: tuple[str, int] | None = None


def cautions_about(
    campaign: Campaign, preflight: Preflight, overlaps: Sequence[Overlap], *, at: datetime
) -> Iterator[Caution]:
    """What has to be mended first, then what is unwise."""
    yield from refusals(campaign, at=at)
    yield from cautions_about_people(campaign, preflight)
    yield from cautions_about_scores(campaign)
    yield from cautions_about_languages(campaign, preflight.languages)
    yield from cautions_about_sms(campaign, preflight.groups, at=at)
    yield from cautions_about_ways(campaign)
    yield from cautions_about_sender(campaign)
    for other, people in overlaps:
        sentence = ngettext(
            "“%(name)s” asks %(people)s of these people too, within the time a message counts.",
            "“%(name)s” asks %(people)s of these people too, within the time a message counts.",
            people,
        )
        told = {"name": other.name, "people": number_format(people, force_grouping=True)}
        yield Caution(sentence % told, link=("surveys_campaign_cockpit", other.pk))


def refusals(campaign: Campaign, *, at: datetime) -> Iterator[Caution]:
    survey, own = campaign.survey, ("surveys_campaign_change", campaign.pk)
    if survey.version_id is None:
        page = ("surveys_survey_change", survey.pk)
        yield Caution(_("The survey is not published yet. Publish it first."), True, page)
    if not survey.is_open:
        page = ("surveys_survey_change", survey.pk)
        yield Caution(_("The survey takes no answers. Open it first."), True, page)
    if campaign.ends_at and campaign.ends_at <= at:
        told = _("Its end has passed: %(moment)s.") % {
            "moment": say_moment(timezone.localtime(campaign.ends_at))
        }
        yield Caution(told, True, own)
    for problem in problems_of(campaign):
        yield Caution(problem.sentence, True, own)


def cautions_about_people(campaign: Campaign, preflight: Preflight) -> Iterator[Caution]:
    segment = ("customers_segment_change", campaign.segment_id) if campaign.segment_id else None
    if not preflight.everybody:
        yield Caution(_("Nobody is in the segment now, so nobody would be asked."), link=segment)
    elif not preflight.recipients:
        yield Caution(
            _("Nobody could be asked: everybody is left out for one of the reasons below."), link=segment
        )
    elif preflight.asked is not None:
        yield from cautions_about_few(preflight.asked, preflight, is_in_four_weeks=bool(preflight.occasions))
    if preflight.outlook.too_late:
        sentence = ngettext(
            "%(n)s person would be asked only after the end, and so never. Move the end, or send faster.",
            "%(n)s people would be asked only after the end, and so never. Move the end, or send faster.",
            preflight.outlook.too_late,
        )
        page = ("surveys_campaign_change", campaign.pk)
        yield Caution(
            sentence % {"n": number_format(preflight.outlook.too_late, force_grouping=True)}, link=page
        )


def cautions_about_few(asked: int, preflight: Preflight, *, is_in_four_weeks: bool) -> Iterator[Caution]:
    """That a score of so few would say little: of who is asked where nobody knows how many of them answer."""
    n = asked if asked < TREND_FROM else preflight.answers
    if asked < TREND_FROM and is_in_four_weeks:
        sentence = ngettext(
            "In four weeks it asks about %(n)s person, and no more can answer. Below %(enough)s answers, a score says little and no trend is shown.",
            "In four weeks it asks about %(n)s people, and no more can answer. Below %(enough)s answers, a score says little and no trend is shown.",
            n,
        )
    elif asked < TREND_FROM:
        sentence = ngettext(
            "It asks %(n)s person, and no more can answer. Below %(enough)s answers, a score says little and no trend is shown.",
            "It asks %(n)s people, and no more can answer. Below %(enough)s answers, a score says little and no trend is shown.",
            n,
        )
    elif not preflight.is_known or n >= TREND_FROM:
        return
    elif is_in_four_weeks:
        sentence = ngettext(
            "In four weeks about %(n)s answer is expected. Below %(enough)s, a score says little and no trend is shown.",
            "In four weeks about %(n)s answers are expected. Below %(enough)s, a score says little and no trend is shown.",
            n,
        )
    else:
        sentence = ngettext(
            "About %(n)s answer is expected. Below %(enough)s, a score says little and no trend is shown.",
            "About %(n)s answers are expected. Below %(enough)s, a score says little and no trend is shown.",
            n,
        )
    yield Caution(sentence % {"n": number_format(n), "enough": TREND_FROM})


def cautions_about_scores(campaign: Campaign) -> Iterator[Caution]:
    is_of_one_event = (
        campaign.kind == Campaign.Kind.TRIGGERED or campaign.survey.kind == Survey.Kind.TRANSACTIONAL
    )
    if is_of_one_event and asks_nps(campaign.survey):
        yield Caution(
            _(
                "NPS asks about the whole relationship. After a single event, CSAT or CES says more about that event."
            ),
            link=("surveys_survey_change", campaign.survey_id),
        )


def asks_nps(survey: Survey) -> bool:
    """By any of its questions, not its first score alone."""
    try:
        return any(question.kind == Question.Kind.NPS for question in asked_by(survey).questions)
    except NotPublished:
        return False


def cautions_about_languages(campaign: Campaign, people: Mapping[str, int]) -> Iterator[Caution]:
    """Whom the message or the survey is not translated for."""
    page = ("surveys_campaign_change", campaign.pk)
    for language, n in people.items():
        if any(is_missing(texts, language) for texts in (campaign.subject, campaign.body)):
            yield Caution(untranslated(_("The message"), language, n), link=page)
        if is_missing(campaign.subject_b, language):
            yield Caution(untranslated(_("The second subject"), language, n), link=page)
    try:
        readable = languages_of(asked_by(campaign.survey))
    except NotPublished:
        return
    page = ("surveys_survey_change", campaign.survey_id)
    for language, n in people.items():
        if language not in readable:
            yield Caution(untranslated(_("The survey"), language, n), link=page)


def is_missing(texts: Mapping[str, str] | None, language: str) -> bool:
    """Whether who reads `language` gets another; where nothing is written there is a standard text in each."""
    written = texts or {}
    return any(written.values()) and not written.get(language)


def cautions_about_sms(campaign: Campaign, groups: Sequence[Group], *, at: datetime) -> Iterator[Caution]:
    """In which languages no SMS would leave, because its text is too long."""
    page = ("surveys_campaign_change", campaign.pk)
    for group in groups:
        if group.channel != Channel.SMS:
            continue
        parts = parts_of_sms(campaign, language=group.language, at=at)
        if parts > settings.SMS_PARTS_AT_MOST:
            sentence = _(
                "In %(language)s the message takes %(parts)s SMS, and above %(most)s it does not leave. Shorten the subject."
            )
            told = {
                "language": own_name(group.language),
                "parts": parts,
                "most": settings.SMS_PARTS_AT_MOST,
            }
            yield Caution(sentence % told, link=page)


def untranslated(what: str, language: str, people: int) -> str:
    sentence = ngettext(
        "%(what)s is not translated for %(people)s recipient who reads %(language)s.",
        "%(what)s is not translated for %(people)s recipients who read %(language)s.",
        people,
    )
    return sentence % {
        "what": what,
        "people": number_format(people, force_grouping=True),
        "language": own_name(language),
    }


def cautions_about_ways(campaign: Campaign) -> Iterator[Caution]:
    """Channels by which nothing leaves the house."""
    kept = [str(Channel(channel).label) for channel in campaign.channels if not leaves(Channel(channel))]
    if kept:
        sentence = _(
            "Nothing leaves by %(channels)s: no provider is set up for it, so the outbox page keeps the messages."
        )
        yield Caution(sentence % {"channels": ", ".join(kept)})


def cautions_about_sender(campaign: Campaign) -> Iterator[Caution]:
    if Channel.EMAIL not in campaign.channels:
        return
    if campaign.sender is None:
        yield Caution(
            _("No sender is chosen: the messages come from %(address)s.")
            % {"address": settings.DEFAULT_FROM_EMAIL},
            link=("surveys_campaign_change", campaign.pk),
        )
    if leaves(Channel.EMAIL):
        page = ("surveys_sender_change", campaign.sender.pk) if campaign.sender else None
        address = campaign.sender.address if campaign.sender else settings.DEFAULT_FROM_EMAIL
        for doubt in doubts_about(address):
            yield Caution(f"{doubt.name}: {doubt.sentence}", link=page)
