"""You said, we did: who raised it hears of it once, and the ledger says why others do not."""

from datetime import timedelta

import pytest

from customers.consent import suppress_address
from customers.models import Customer
from followups.improvements.raising import link_answers, link_follow_ups
from followups.improvements.telling import (
    CampaignAsleep,
    Fate,
    NoCampaign,
    NothingToSay,
    foresee_telling,
    ledger_of,
    tell,
)
from followups.models import FollowUp, Improvement, ImprovementStep, TellingCampaign
from followups.working.steps import ChangedMeanwhile, NotInThisState
from staff.units import create_unit
from surveys.answering.responses import submit_response
from surveys.models import Campaign, ContactCap, Invitation, SurveyResponse
from surveys.sending.messages import write_letter
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory, IdentityFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, ImprovementFactory
from tests.factories.staff import UserFactory
from tests.factories.surveys import (
    CampaignFactory,
    QuestionFactory,
    SurveyFactory,
    SurveyResponseFactory,
    published,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def campaign():
    survey = SurveyFactory(questions=[])
    QuestionFactory(survey=survey, kind="yesno", text={"en": "Is it better now?"})
    campaign = CampaignFactory(
        kind=Campaign.Kind.BY_API,
        survey=published(survey),
        body={"en": "You said: {you_said} We did: {what_we_did}"},
        cooldown_days=0,
    )
    TellingCampaign.objects.create(campaign=campaign)
    return campaign


@pytest.fixture
def amra():
    return UserFactory()


def reachable(**fields) -> Customer:
    return IdentityFactory(
        customer__first_name="Ana", **{f"customer__{k}": v for k, v in fields.items()}
    ).customer


def raised_by(*customers: Customer, by, **fields) -> Improvement:
    """Done at NOON; the first of `customers` raised it by a follow-up, the others by an answer."""
    improvement = ImprovementFactory(state="done", **fields)
    rule = FollowUpRuleFactory()
    for customer in customers[:1]:
        FollowUpFactory(rule=rule, survey_response__customer=customer)
    for customer in customers[1:]:
        SurveyResponseFactory(survey=rule.survey, customer=customer)
    link_follow_ups(improvement=improvement, follow_ups=FollowUp.objects.all(), by=by, at=NOON)
    link_answers(improvement=improvement, answers=SurveyResponse.objects.all(), by=by, at=NOON)
    return improvement


def ledger():
    return list(Invitation.objects.order_by("customer").values_list("customer", "state", "reason"))


def everything():
    models = (Improvement, ImprovementStep, Invitation)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def test_everybody_who_raised_it_is_told_once_and_who_is_linked_later_then(campaign, amra):
    one, other, later = reachable(), reachable(language="fa"), reachable()
    improvement = raised_by(
        one,
        other,
        by=amra,
        you_said={"en": "The queue\nwas long.", "fa": "صف طولانی بود."},
        what_we_did={"en": "A second counter."},
    )

    assert tell(improvement=improvement, by=amra, at=NOON) == 2
    assert tell(improvement=improvement, by=amra, at=NOON + DAY) == 0
    SurveyResponseFactory(customer=later)
    link_answers(improvement=improvement, answers=SurveyResponse.objects.all(), by=amra, at=NOON)
    assert tell(improvement=improvement, by=amra, at=NOON + 2 * DAY) == 1

    assert ledger() == [(each.pk, "planned", "") for each in (one, other, later)]
    said = dict(Invitation.objects.values_list("customer", "context"))
    key = str(improvement.pk)
    assert said[one.pk] == {
        "improvement": key,
        "you_said": "The queue was long.",
        "what_we_did": "A second counter.",
    }
    assert said[other.pk] == {
        "improvement": key,
        "you_said": "صف طولانی بود.",
        "what_we_did": "A second counter.",
    }
    improvement.refresh_from_db()
    assert list(improvement.campaigns.all()) == [campaign]
    assert (improvement.told_at, improvement.version) == (NOON + 2 * DAY, 4)
    assert list(improvement.steps.filter(kind="told").values_list("text", flat=True)) == ["2", "0", "1"]


def test_the_letter_says_what_they_said_and_what_we_did(campaign, amra):
    improvement = raised_by(reachable(), by=amra, you_said={"en": "Too slow."}, what_we_did={"en": "A & B."})
    tell(improvement=improvement, by=amra, at=NOON)

    letter = write_letter(campaign, language="en", is_reminder=False, at=NOON)
    content = letter.to(Invitation.objects.get(), first_name="Ana").content.decode()

    assert "You said: Too slow. We did: A & B." in content.replace("=\r\n", "")
    assert "You said: Too slow. We did: A &amp; B." in content.replace("=\r\n", "")


def test_the_preview_says_what_becomes_of_whom_and_changes_nothing(campaign, amra):
    told, unreachable, stopped, capped = reachable(), CustomerFactory(), reachable(), reachable()
    improvement = raised_by(told, unreachable, stopped, capped, by=amra)
    address = stopped.identities.get()
    suppress_address(channel="email", address=address.value, reason="unsubscribed", at=NOON)
    cap = ContactCap.objects.create(most=1, days=14)
    Invitation.objects.create(
        wave=CampaignFactory().waves.create(number=1),
        customer=capped,
        state="sent",
        due_at=NOON - DAY,
        sent_at=NOON - DAY,
        address=capped.identities.get().value,
    )
    before = everything()

    _by, foreseen = foresee_telling(improvement, at=NOON)

    assert foreseen == [
        Fate("planned", "", None, 1),
        Fate("deferred", "cap", cap.pk, 1),
        Fate("excluded", "no_address", None, 1),
        Fate("excluded", "unsubscribed", None, 1),
    ]
    assert everything() == before
    tell(improvement=improvement, by=amra, at=NOON)
    assert ledger_of(improvement).fates == foreseen


def test_a_cool_down_of_the_campaign_holds_for_two_improvements(campaign, amra):
    campaign.cooldown_days = 30
    campaign.save()
    customer = reachable()
    first, second = raised_by(customer, by=amra), ImprovementFactory(state="done")
    link_follow_ups(improvement=second, follow_ups=FollowUp.objects.all(), by=amra, at=NOON)

    tell(improvement=first, by=amra, at=NOON)
    tell(improvement=second, by=amra, at=NOON + DAY)

    assert ledger_of(second).fates == [Fate("excluded", "cooldown", None, 1)]


def test_the_campaign_of_the_nearest_unit_tells(campaign, amra):
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Shop", kind="location", parent=brand)
    its_own = CampaignFactory(kind=Campaign.Kind.BY_API)
    TellingCampaign.objects.create(unit=brand, campaign=its_own)
    of_shop = raised_by(reachable(unit=shop), by=amra, unit=shop)
    of_all = ImprovementFactory(state="done")

    tell(improvement=of_shop, by=amra, at=NOON)
    tell(improvement=of_all, by=amra, at=NOON)

    assert (of_shop.campaigns.get(), of_all.campaigns.get()) == (its_own, campaign)


def test_who_was_told_by_one_campaign_is_not_told_by_the_next(campaign, amra):
    one, later = reachable(), reachable()
    improvement = raised_by(one, by=amra)
    tell(improvement=improvement, by=amra, at=NOON)
    another = CampaignFactory(kind=Campaign.Kind.BY_API)
    TellingCampaign.objects.update(campaign=another)
    SurveyResponseFactory(customer=later)
    link_answers(improvement=improvement, answers=SurveyResponse.objects.all(), by=amra, at=NOON)

    assert tell(improvement=improvement, by=amra, at=NOON + DAY) == 1

    rows = Invitation.objects.order_by("pk").values_list("customer", "wave__campaign")
    assert list(rows) == [(one.pk, campaign.pk), (later.pk, another.pk)]
    assert ledger_of(improvement).people == 2


def test_where_the_chosen_campaign_sleeps_one_it_was_told_by_tells(campaign, amra):
    improvement = raised_by(reachable(), by=amra)
    tell(improvement=improvement, by=amra, at=NOON)
    asleep = CampaignFactory(kind=Campaign.Kind.BY_API, state="done")
    TellingCampaign.objects.update(campaign=asleep)

    by, fates = foresee_telling(improvement, at=NOON + DAY)

    assert (by, fates) == (campaign, [])


@pytest.mark.parametrize(
    ("fields", "changes", "refusal"),
    [
        ({"what_we_did": {}}, {}, NothingToSay),
        ({"what_we_did": {"en": ""}}, {}, NothingToSay),
        ({}, {"state": "paused"}, CampaignAsleep),
        ({}, {"ends_at": NOON}, CampaignAsleep),
        ({}, {"kind": "once"}, CampaignAsleep),
        ({}, None, NoCampaign),
        ({"state": "doing"}, {}, NotInThisState),
    ],
)
def test_nobody_is_told(campaign, amra, fields, changes, refusal):
    improvement = raised_by(reachable(), by=amra)
    Improvement.objects.update(**fields)
    improvement.refresh_from_db()
    if changes is None:
        TellingCampaign.objects.all().delete()
    else:
        Campaign.objects.filter(pk=campaign.pk).update(**changes)
    before = everything()

    with pytest.raises(refusal):
        tell(improvement=improvement, by=amra, at=NOON)

    assert everything() == before


def test_of_two_who_tell_at_once_the_second_is_refused(campaign, amra):
    improvement = raised_by(reachable(), by=amra)
    tell(improvement=improvement, by=amra, at=NOON, seen_version=1)
    before = everything()

    with pytest.raises(ChangedMeanwhile):
        tell(improvement=improvement, by=amra, at=NOON, seen_version=1)

    assert everything() == before


def test_who_answers_says_whether_it_is_better(campaign, amra):
    improvement = raised_by(*(reachable() for _ in range(4)), by=amra)
    tell(improvement=improvement, by=amra, at=NOON)
    question = campaign.survey.questions.get()
    for invitation, answer in zip(Invitation.objects.order_by("pk"), ("yes", "yes", "no"), strict=False):
        submit_response(invitation=invitation, answers={question.pk: answer}, language="en", at=NOON + DAY)

    found = ledger_of(improvement)

    assert (found.better, found.not_better, found.answered, found.people) == (2, 1, 3, 4)


def test_telling_needs_as_many_queries_for_three_as_for_one(campaign, amra, django_assert_num_queries):
    tell(improvement=raised_by(reachable(), by=amra), by=amra, at=NOON)
    for n in (1, 3):
        improvement = raised_by(*(reachable() for _ in range(n)), by=amra)
        with django_assert_num_queries(23):
            tell(improvement=improvement, by=amra, at=NOON)


@pytest.mark.slow
def test_five_thousand_who_raised_it_are_told_without_a_statement_for_each(
    campaign, amra, django_assert_max_num_queries
):
    survey = SurveyFactory()
    people = Customer.objects.bulk_create(
        Customer(first_name="Ana", created_at=NOON, updated_at=NOON) for _ in range(5000)
    )
    SurveyResponse.objects.bulk_create(
        SurveyResponse(survey=survey, customer=each, submitted_at=NOON, score=2, score_kind="nps")
        for each in people
    )
    improvement = ImprovementFactory(state="done")

    with django_assert_max_num_queries(200):
        link_answers(improvement=improvement, answers=SurveyResponse.objects.all(), by=amra, at=NOON)
        tell(improvement=improvement, by=amra, at=NOON)

    assert ledger_of(improvement).fates == [Fate("excluded", "no_address", None, 5000)]
