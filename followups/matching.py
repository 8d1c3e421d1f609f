"""Which rule fits an answer: the first of all in order whose conditions hold. Many answers at once, or one with reasons."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from customers.models import Customer
from customers.segments import members
from events.lookups import Among
from followups.models import FollowUpRule
from staff.models import Unit
from surveys.metrics import band_of, goodness
from surveys.models import Answer, SurveyResponse
from surveys.topics import topics_in


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What rules ask about an answer and who gave it."""

    survey: int
    score_kind: str
    score: int
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
    )
    return list(FollowUpRule.objects.in_order().select_related(*related))


def first_fitting(rules: Iterable[FollowUpRule], facts: Facts) -> FollowUpRule | None:
    return next((rule for rule in rules if fits(rule, facts)), None)


def fits(rule: FollowUpRule, facts: Facts) -> bool:
    return all(check.holds for check in checks(rule, facts))


def checks(rule: FollowUpRule, facts: Facts) -> Iterator[Check]:
    """The conditions of a rule, each with whether it holds."""
    if rule.survey:
        yield Check(_("survey: %(name)s") % {"name": rule.survey}, facts.survey == rule.survey_id)
    yield Check(score_words(rule), is_unhappy(rule, facts))
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


def score_words(rule: FollowUpRule) -> str:
    if rule.threshold is None:
        return _("an unhappy score")
    return _("score at or below %(threshold)s") % {"threshold": rule.threshold}


def is_unhappy(rule: FollowUpRule, facts: Facts) -> bool:
    """At or below the threshold, where low is good turned round; without one, in the lowest band of its scale."""
    if rule.threshold is None:
        return band_of(facts.score_kind, facts.score) == "bad"
    return goodness(facts.score_kind, facts.score) <= rule.threshold


def is_about(rule: FollowUpRule, facts: Facts) -> bool:
    topic = rule.topic
    return topic is not None and any(topics_in(each, facts.language, [topic]) for each in facts.comments)


def facts_of(
    responses: Sequence[SurveyResponse], rules: Sequence[FollowUpRule], *, at: datetime
) -> dict[int, Facts]:
    """What rules ask about each of `responses`, which have a score: a fixed number of queries."""
    customers = {each.customer_id for each in responses if each.customer_id}
    units = units_of(customers) if any(rule.unit_id for rule in rules) else {}
    segments = segments_of(customers, rules, at=at)
    comments = comments_of(responses) if any(rule.topic_id for rule in rules) else {}
    return {
        each.pk: Facts(
            survey=each.survey_id,
            score_kind=each.score_kind,
            score=each.score,
            touchpoint=each.touchpoint_id,
            customer=each.customer_id,
            unit=units.get(each.customer_id),
            language=each.language,
            comments=comments.get(each.pk, ()),
            segments=segments.get(each.customer_id, ()),
        )
        for each in responses
        if each.score is not None
    }


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
