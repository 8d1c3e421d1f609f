import pytest

from events.models import Event
from events.publishing import publish
from followups.working.steps import record_contact
from journeys.models import Interaction
from journeys.reactions import put_on_timeline
from loyalty.ledger import earn_points
from surveys.answering.responses import submit_response
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory
from tests.factories.journeys import TouchpointFactory
from tests.factories.loyalty import AccountFactory
from tests.factories.surveys import InvitationFactory

pytestmark = pytest.mark.django_db


def happened(type, *, subject=7, **payload):  # noqa: A002
    return publish(type, subject=subject, at=NOON, **payload)


def timeline():
    return list(
        Interaction.objects.order_by("pk").values_list(
            "customer", "touchpoint", "kind", "summary", "detail", "at"
        )
    )


def test_an_answer_stands_on_the_timeline():
    customer, touchpoint = CustomerFactory(), TouchpointFactory()
    event = happened(
        "surveys.response_submitted",
        customer=customer.pk,
        touchpoint=touchpoint.pk,
        score=0,
        score_kind="nps",
        language="fa",
    )

    put_on_timeline([event])
    put_on_timeline([event])

    detail = {"score": 0, "score_kind": "nps", "language": "fa"}
    assert timeline() == [(customer.pk, touchpoint.pk, "survey_answered", "", detail, NOON)]


def test_a_survey_and_its_reminder_stand_on_the_timelines_of_all_who_got_it():
    lejla, amar = CustomerFactory(), CustomerFactory()
    sent = {"customers": [lejla.pk, amar.pk], "invitations": [1, 2], "touchpoint": None, "campaign": "Spring"}
    events = [
        happened("surveys.invitations_sent", first=True, **sent),
        happened("surveys.invitations_sent", first=False, **sent),
    ]

    put_on_timeline(events)
    put_on_timeline(events[1:])

    rows = sorted(timeline(), key=lambda row: (row[0], row[4]["is_reminder"]))
    assert rows == [
        (customer.pk, None, "survey_sent", "Spring", {"is_reminder": is_reminder}, NOON)
        for customer in (lejla, amar)
        for is_reminder in (False, True)
    ]


def test_points_and_follow_ups_stand_on_the_timeline():
    customer = CustomerFactory()

    put_on_timeline(
        [
            happened("loyalty.entry_posted", customer=customer.pk, points=-50, kind="redeemed"),
            happened("followups.follow_up_opened", customer=customer.pk, touchpoint=None),
            happened("followups.follow_up_resolved", customer=customer.pk, touchpoint=None),
        ]
    )

    assert [(row[2], row[4]) for row in sorted(timeline(), key=str)] == [
        ("follow_up", {"step": "opened"}),
        ("follow_up", {"step": "resolved"}),
        ("loyalty", {"points": -50, "kind": "redeemed"}),
    ]


def test_it_is_not_announced_again():
    put_on_timeline(
        [happened("loyalty.entry_posted", customer=CustomerFactory().pk, points=5, kind="earned")]
    )

    assert not Event.objects.filter(type="journeys.interaction_recorded").exists()


def test_nobody_and_who_was_erased_have_no_timeline():
    customer, touchpoint = CustomerFactory(), TouchpointFactory()
    answer = {"touchpoint": touchpoint.pk, "score": 9, "score_kind": "nps", "language": "en"}
    events = [
        happened("surveys.response_submitted", subject=1, customer=None, **answer),
        happened("surveys.response_submitted", subject=2, customer=customer.pk + 1000, **answer),
        happened("surveys.response_submitted", subject=3, customer=customer.pk, **answer),
    ]
    touchpoint.delete()

    put_on_timeline(events)

    assert [(row[0], row[1]) for row in timeline()] == [(customer.pk, None)]


def test_a_batch_needs_as_many_queries_as_one(django_assert_num_queries):
    customers = CustomerFactory.create_batch(3)
    events = [
        happened("loyalty.entry_posted", subject=n, customer=customer.pk, points=5, kind="earned")
        for n, customer in enumerate(customers)
    ]
    for batch in (events[:1], events):
        with django_assert_num_queries(5):
            put_on_timeline(batch)


def test_what_the_rooms_above_announce_is_enough():

    touchpoint = TouchpointFactory()
    invitation = InvitationFactory(wave__campaign__survey__touchpoint=touchpoint)
    nps = invitation.wave.campaign.survey.questions.get(kind="nps")
    submit_response(invitation=invitation, answers={nps.pk: 2}, language="en", at=NOON)
    follow_up = FollowUpFactory()
    record_contact(follow_up=follow_up, by=None, at=NOON)
    account = AccountFactory()
    earn_points(account=account, points=5, source="order:1", at=NOON)

    put_on_timeline(Event.objects.order_by("pk"))

    assert sorted((kind, customer, place) for customer, place, kind, *_ in timeline()) == [
        ("follow_up", follow_up.customer_id, None),
        ("loyalty", account.customer_id, None),
        ("survey_answered", invitation.customer_id, touchpoint.pk),
    ]
