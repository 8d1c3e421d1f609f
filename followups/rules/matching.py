"""Which rule fits what came in: the first of all in order whose conditions hold. Of many at once, or of one with reasons."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from customers.models import Customer
from customers.segments import members
from events.lookups import Among
from followups.models import FollowUpRule, Signal
from followups.rules.falls import falls_of
from followups.rules.ratings import Rating, rating_in
from journeys.models import Interaction
from staff.models import Unit
from surveys.comments.topics import topics_in
from surveys.metrics import band_of, goodness
from surveys.models import Answer, SurveyResponse


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What rules ask about what came in, and who it came from."""

    signal: str = Signal.ANSWER
    survey: int | None = None
    score_kind: str = ""
    score: int | None = None
    fell_by: int | None = None  # points below the answer before; None without one
    rating: Rating | None = None
    touchpoint: int | None = None
    customer: int | None = None
    unit: Unit | None = None
    language: str = ""
    comments: Sequence[str] = ()
    segments: Collection[int] = ()  # those of the rules in which the customer is


@dataclass(frozen=True)
class Check:
    """One condition of a rule, in words, and whether it holds."""

    words: str
    holds: bool


def rules_in_order() -> list[FollowUpRule]:
    related = (
        "survey",
        "topic",
        "touchpoint",
        "segment",
        "unit",
        "team__calendar",
        "team__lead__unit",
        "owner__unit",
        "playbook",
    )
    return list(FollowUpRule.objects.in_order().select_related(*related))


def first_fitting(rules: Iterable[FollowUpRule], facts: Facts) -> FollowUpRule | None:
    return next((rule for rule in rules if fits(rule, facts)), None)


def fits(rule: FollowUpRule, facts: Facts) -> bool:
    return all(check.holds for check in checks(rule, facts))


def checks(rule: FollowUpRule, facts: Facts) -> Iterator[Check]:
    """The conditions of a rule, each with whether it holds."""
    yield Check(rule.get_signal_display(), facts.signal == rule.signal)
    if rule.survey:
        yield Check(_("survey: %(name)s") % {"name": rule.survey}, facts.survey == rule.survey_id)
    yield from score_checks(rule, facts)
    if rule.touchpoint:
        yield Check(
            _("touchpoint: %(name)s") % {"name": rule.touchpoint}, facts.touchpoint == rule.touchpoint_id
        )
    if rule.unit:
        is_within = facts.unit is not None and facts.unit.path.startswith(rule.unit.path)
        yield Check(_("customers of %(name)s") % {"name": rule.unit}, is_within)
    if rule.segment:
        yield Check(_("segment: %(name)s") % {"name": rule.segment}, rule.segment_id in facts.segments)
    if rule.topic:
        yield Check(_("comment about: %(name)s") % {"name": rule.topic}, is_about(rule, facts))


def rule_words(rule: FollowUpRule) -> str:
    """What a rule asks for, in one line; needs what its conditions name."""
    return " · ".join(check.words for check in checks(rule, Facts()))


def score_checks(rule: FollowUpRule, facts: Facts) -> Iterator[Check]:
    """What a rule asks of the score of an answer, or of the stars of a review."""
    if rule.signal == Signal.ANSWER:
        if rule.fell_by is None or rule.threshold is not None:
            yield Check(score_words(rule), is_unhappy(rule, facts))
        if rule.fell_by is not None:
            fell = facts.fell_by is not None and facts.fell_by >= rule.fell_by
            yield Check(_("score fell by at least %(points)s") % {"points": rule.fell_by}, fell)
    elif rule.signal == Signal.REVIEW:
        yield Check(score_words(rule), is_badly_rated(rule, facts))


def score_words(rule: FollowUpRule) -> str:
    if rule.threshold is None:
        return _("an unhappy score")
    return _("score at or below %(threshold)s") % {"threshold": rule.threshold}


def is_unhappy(rule: FollowUpRule, facts: Facts) -> bool:
    """At or below the threshold, where low is good turned round; without one, in the lowest band of its scale."""
    if facts.score is None:
        return False
    if rule.threshold is None:
        return band_of(facts.score_kind, facts.score) == "bad"
    return goodness(facts.score_kind, facts.score) <= rule.threshold


def is_badly_rated(rule: FollowUpRule, facts: Facts) -> bool:
    """At or below the threshold; without one, in the lowest two fifths. A review without stars is read by its topic."""
    if facts.rating is None:
        return rule.topic_id is not None
    if rule.threshold is None:
        return facts.rating.is_bad
    return facts.rating.stars <= rule.threshold


def is_about(rule: FollowUpRule, facts: Facts) -> bool:
    topic = rule.topic
    return topic is not None and any(topics_in(each, facts.language, [topic]) for each in facts.comments)


def facts_of(
    responses: Sequence[SurveyResponse], rules: Sequence[FollowUpRule], *, at: datetime
) -> dict[int, Facts]:
    """What rules ask about each of `responses`, which have a score: a fixed number of queries."""
    people = people_of([each.customer_id for each in responses], rules, at=at)
    comments = comments_of(responses) if any(rule.topic_id for rule in rules) else {}
    falls = falls_of(responses) if any(rule.fell_by for rule in rules) else {}
    return {
        each.pk: Facts(
            survey=each.survey_id,
            score_kind=each.score_kind,
            score=each.score,
            fell_by=falls.get(each.pk),
            touchpoint=each.touchpoint_id,
            customer=each.customer_id,
            unit=people.units.get(each.customer_id),
            language=each.language,
            comments=comments.get(each.pk, ()),
            segments=people.segments.get(each.customer_id, ()),
        )
        for each in responses
        if each.score is not None
    }


def facts_of_interactions(
    interactions: Sequence[Interaction], rules: Sequence[FollowUpRule], *, at: datetime
) -> dict[int, Facts]:
    """What rules ask about each of `interactions`, which have their customer: a fixed number of queries."""
    people = people_of([each.customer_id for each in interactions], rules, at=at)
    return {
        each.pk: Facts(
            signal=each.kind,
            rating=rating_in(each.detail),
            touchpoint=each.touchpoint_id,
            customer=each.customer_id,
            unit=people.units.get(each.customer_id),
            language=each.customer.language,
            comments=[text] if (text := words_in(each)) else (),
            segments=people.segments.get(each.customer_id, ()),
        )
        for each in interactions
    }


def words_in(interaction: Interaction) -> str:
    """What the customer wrote, as whole as the source told it."""
    text = interaction.detail.get("text")
    return text if isinstance(text, str) and text else interaction.summary


@dataclass(frozen=True)
class People:
    """To which unit each customer belongs, and in which segments of the rules they are."""

    units: Mapping[int | None, Unit | None]
    segments: Mapping[int | None, set[int]]


def people_of(customers: Iterable[int | None], rules: Sequence[FollowUpRule], *, at: datetime) -> People:
    known = {pk for pk in customers if pk}
    units = units_of(known) if any(rule.unit_id for rule in rules) else {}
    return People(units, segments_of(known, rules, at=at))


def units_of(customers: Iterable[int | None]) -> Mapping[int | None, Unit | None]:
    """To which unit each customer belongs."""
    known = Customer.everybody.filter(Among("pk", [pk for pk in customers if pk])).select_related("unit")
    return {customer.pk: customer.unit for customer in known}


def segments_of(
    customers: Iterable[int], rules: Iterable[FollowUpRule], *, at: datetime
) -> Mapping[int | None, set[int]]:
    """In which of the segments that rules name each customer is."""
    found: dict[int | None, set[int]] = {pk: set() for pk in customers}
    segments = {rule.segment.pk: rule.segment for rule in rules if rule.segment}
    for segment in segments.values() if found else ():
        within = members(segment=segment, at=at).filter(Among("pk", list(found)))
        for pk in within.order_by().values_list("pk", flat=True):
            found[pk].add(segment.pk)
    return found


def comments_of(responses: Sequence[SurveyResponse]) -> dict[int, list[str]]:
    """What was written, by response."""
    written: dict[int, list[str]] = {}
    answers = Answer.objects.filter(Among("survey_response", [each.pk for each in responses]))
    for response, text in answers.exclude(text="").order_by("pk").values_list("survey_response", "text"):
        written.setdefault(response, []).append(text)
    return written
