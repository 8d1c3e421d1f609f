"""What became of customers after a call: counted by hand, with who may see whom."""

from datetime import date, timedelta

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from followups.models import NotCalled
from insights.forms import LoopForm
from insights.loop.afterwards import Recovery, early_enough, fates, recoveries
from insights.loop.figures import figures_for
from insights.loop.legs import Scope, Window
from staff.units import create_unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, RootCauseFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import SurveyResponseFactory

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT = NOON + 2 * DAY
WINDOW = Window(NOON - 5 * DAY, NOON + 3 * DAY, AT)


def called(customer=None, *, score=2, kind="nps", at=NOON, **fields):
    """A follow-up after an unhappy score, opened an hour before the call."""
    customer = customer or CustomerFactory()
    return FollowUpFactory(
        survey_response__customer=customer,
        survey_response__score=score,
        survey_response__score_kind=kind,
        survey_response__submitted_at=at - 2 * HOUR,
        opened_at=at - HOUR,
        contact_due_at=at + HOUR,
        contacted_at=at,
        state="contacted",
        **fields,
    )


def scores(customer, score, *, kind="nps", at=NOON + HOUR, **fields):
    SurveyResponseFactory(customer=customer, score=score, score_kind=kind, submitted_at=at, **fields)


def total(user=None):
    return recoveries(Scope(user or UserFactory(), AT), WINDOW).total


@pytest.mark.parametrize(
    ("kind", "before", "after", "recovered"),
    [
        ("nps", 2, 6, 0),
        ("nps", 2, 7, 1),
        ("nps", 0, 10, 1),
        ("csat", 1, 2, 0),
        ("csat", 2, 3, 1),
        ("effort", 5, 4, 0),  # a low one is good
        ("effort", 5, 2, 1),
    ],
)
def test_who_leaves_the_unhappy_scores_has_recovered(kind, before, after, recovered):
    row = called(score=before, kind=kind)
    scores(row.customer, after, kind=kind)

    assert total() == Recovery(recovered=recovered, scored=1)


def test_only_the_next_score_on_the_same_scale_after_the_call_counts():
    silent, asked_before, other_scale, tested = (called() for _ in range(4))
    scores(asked_before.customer, 9, at=NOON)
    scores(other_scale.customer, 5, kind="csat")
    scores(tested.customer, 9, is_test=True)
    fell_back = called()
    scores(fell_back.customer, 3, at=NOON + HOUR)
    scores(fell_back.customer, 10, at=NOON + 2 * HOUR)

    assert total() == Recovery(recovered=0, scored=1, silent=4)
    assert silent.customer.responses.count() == 1


def test_a_customer_counts_once_by_the_first_call_of_the_period():
    row = called(at=NOON)
    called(row.customer, at=NOON + 5 * HOUR)
    scores(row.customer, 8, at=NOON + 2 * HOUR)

    assert total() == Recovery(recovered=1, scored=1)


def test_who_was_called_before_the_period_never_or_though_not_unhappy_does_not_count():
    for row in (called(at=NOON - 6 * DAY), called(score=8)):
        scores(row.customer, 9)
    FollowUpFactory(customer=CustomerFactory())
    called(None, survey_response__is_test=False).delete()

    assert total() == Recovery()


def test_a_call_of_an_earlier_leg_counts():
    row = called()
    row.legs.create(
        number=1, opened_at=NOON - DAY, contact_due_at=NOON, contacted_at=NOON - DAY, resolved_at=NOON - HOUR
    )
    type(row).objects.filter(pk=row.pk).update(contacted_at=None, leg=2)
    row.customer.responses.update(submitted_at=NOON - 2 * DAY)
    scores(row.customer, 9, at=NOON - 2 * HOUR)

    assert total() == Recovery(recovered=1, scored=1)


def test_who_sees_a_unit_counts_only_its_customers():
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Zenica", kind="location", parent=brand)
    for unit in (shop, brand, brand):
        scores(called(CustomerFactory(unit=unit)).customer, 9)

    assert total(UserFactory(unit=shop)) == Recovery(recovered=1, scored=1)
    assert total() == Recovery(recovered=3, scored=3)


def test_the_page_says_it_by_team_person_and_cause_and_hides_the_few():
    amra, rule, cause = UserFactory(), FollowUpRuleFactory(), RootCauseFactory(name="Billing")
    for n in range(5):
        row = called(rule=rule, owner=amra, root_cause=cause)
        type(row).objects.filter(pk=row.pk).update(state="resolved", resolved_at=NOON + HOUR)
        scores(row.customer, 9 if n < 3 else 1)
    few = called(owner=amra)
    scores(few.customer, 10)
    called()

    form = LoopForm(QueryDict("period=7"), today=date(2026, 3, 6))
    found = figures_for(UserFactory(roles=["Analysts"]), form, at=AT)

    [recovered] = [figure for figure in found["figures"] if figure.id == "recovered"]
    assert (recovered.value, *recovered.lines, recovered.interval) == (
        "67%",
        "4 of 6",
        "Not scored again yet: 1",
        "30% to 90%",
    )
    assert sorted((line.shares[3].words, line.name == rule.team.name) for line in found["teams"]) == [
        ("60%", True),
        ("–", False),
        ("–", False),
    ]
    assert {line.name: line.shares[3].of for line in found["people"]}[str(amra)] == "4 of 6"
    assert [(each.name, each.recovered.of) for each in found["causes"]] == [("Billing", "3 of 5")]


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (AT, (AT - 90 * DAY - 8 * DAY, AT - 90 * DAY)),
        (AT - 100 * DAY, (AT - 108 * DAY, AT - 100 * DAY)),
    ],
)
def test_only_those_are_watched_who_could_be_for_90_days(end, expected):
    found = early_enough(Window(end - 8 * DAY, end, AT))

    assert (found.start, found.end) == expected


OPENED = AT - 93 * DAY


def opened(*, left=None, called_after=None, due_after=4 * HOUR, customer=None, at=OPENED):
    customer = customer or CustomerFactory(left_date=left and (at + left).date())
    return FollowUpFactory(
        survey_response__customer=customer,
        opened_at=at,
        contact_due_at=at + due_after,
        contacted_at=called_after and at + called_after,
    )


def told(user=None):
    found = fates(Scope(user or UserFactory(), AT), WINDOW)
    return {way: (share.hits, share.n) for way, share in found.shares.items() if share.n or way != "control"}


def test_who_left_is_told_by_how_they_were_called():
    for left in (None, None, 30 * DAY, 90 * DAY):
        opened(left=left, called_after=HOUR)
    opened(left=91 * DAY, called_after=4 * HOUR)
    opened(left=10 * DAY, called_after=5 * HOUR)
    for left in (None, 2 * DAY):
        opened(left=left)

    assert told() == {"in_time": (2, 5), "late": (1, 1), "never": (1, 2)}


def test_a_call_after_they_left_or_after_90_days_is_no_call():
    opened(left=2 * DAY, called_after=5 * DAY)
    opened(called_after=91 * DAY)

    assert told() == {"in_time": (0, 0), "late": (0, 0), "never": (1, 2)}


def test_who_had_left_before_is_nobody_to_lose_and_who_complained_twice_counts_once():
    opened(left=-DAY, called_after=HOUR)
    twice = opened(left=None)
    opened(customer=twice.customer, called_after=HOUR, at=OPENED + DAY)
    opened(at=AT - 80 * DAY)  # not watched long enough

    assert told() == {"in_time": (0, 0), "late": (0, 1), "never": (0, 0)}


def test_who_sees_a_unit_reads_of_leavers_there_only():
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Zenica", kind="location", parent=brand)
    for unit in (shop, brand):
        opened(customer=CustomerFactory(unit=unit, left_date=(OPENED + DAY).date()))

    assert told(UserFactory(unit=shop))["never"] == (1, 1)
    assert told()["never"] == (2, 2)


def test_who_was_left_out_by_chance_is_a_group_of_its_own():
    rule = FollowUpRuleFactory()

    def leave_out(customer, *, at=OPENED, reason="control"):
        NotCalled.objects.create(rule=rule, customer=customer, reason=reason, at=at)

    ana = CustomerFactory(left_date=(OPENED + 3 * DAY).date())
    leave_out(ana)
    leave_out(ana, at=OPENED + DAY)
    leave_out(CustomerFactory())
    leave_out(CustomerFactory(left_date=(OPENED - 3 * DAY).date()))
    leave_out(CustomerFactory(), at=AT - 80 * DAY)
    leave_out(CustomerFactory(), reason="capacity")

    assert told() == {"in_time": (0, 0), "late": (0, 0), "never": (0, 0), "control": (1, 2)}
    form = LoopForm(QueryDict("period=7"), today=date(2026, 3, 6))
    left = figures_for(UserFactory(), form, at=AT)["left"]
    assert ([line.label for line in left.lines][-1], left.has_control) == ("Left out by chance", True)


def test_what_was_merged_counts_in_the_other():
    row, other = called(), called()
    type(row).objects.filter(pk=row.pk).update(merged_into=other)
    scores(row.customer, 9)

    assert total() == Recovery(silent=1)


def test_the_page_tells_of_leavers_and_hides_the_few(client):
    now = timezone.now()
    rule = FollowUpRuleFactory()
    for n in range(6):
        at = now - 93 * DAY
        customer = CustomerFactory(left_date=(at + 3 * DAY).date() if n < 2 else None)
        FollowUpFactory(
            rule=rule, survey_response__customer=customer, opened_at=at, contact_due_at=at, contacted_at=at
        )
    opened(at=now - 92 * DAY)
    client.force_login(UserFactory(roles=["Analysts"]))

    page = client.get(reverse("insights-loop"))

    html = " ".join(page.content.decode().partition('id="in-left"')[2].split())
    assert [(line.label, line.is_hidden) for line in page.context["left"].lines] == [
        ("Called in time", False),
        ("Called late", False),
        ("Never called", True),
    ]
    assert '33% <span class="cx-muted"><bdi>2 of 6</bdi></span>' in html
    assert '<bdi class="cx-nowrap">10% to 70%</bdi>' in html
    assert "too few to tell" in html
    assert "Association, not effect" in html
