from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from journeys.models import Interaction, Stage, StageTouchpoint
from journeys.timeline import PAGE, timeline_of
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.journeys import (
    InteractionFactory,
    JourneyMapFactory,
    StageFactory,
    StageTouchpointFactory,
    TouchpointFactory,
)
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@dataclass
class ScoreFigure:
    label: str
    value_text: str
    interval_text: str
    n: int
    tone: str


asked: list[tuple[set[int], date, date]] = []


def score_figures(touchpoints, start, end, unit):
    asked.append((set(touchpoints), start, end))
    return {touchpoint: [ScoreFigure("NPS", "−12", "−37 to 14", 32, "bad")] for touchpoint in touchpoints}


@pytest.fixture
def support(client):
    client.force_login(UserFactory(roles=["Support"], first_name="Amra", last_name="Begić"))
    return client


@pytest.fixture
def manager(client, settings):
    settings.TOUCHPOINT_FIGURES = "tests.journeys.test_pages.score_figures"
    asked.clear()
    client.force_login(UserFactory(roles=["Administrators"]))
    return client


def timeline_page(customer):
    return reverse("admin:journeys_timeline", args=[customer.pk])


def map_page(journey_map):
    return reverse("admin:journeys_map", args=[journey_map.pk])


def test_every_interaction_stands_on_exactly_one_page_newest_first():
    customer = CustomerFactory()
    InteractionFactory()
    rows = [
        InteractionFactory(customer=customer, at=NOON - timedelta(hours=n // 3)) for n in range(2 * PAGE + 1)
    ]

    seen, before = [], None
    for _ in range(3):
        page = timeline_of(customer, before=before)
        seen += [line.interaction for line in page.lines]
        before = page.next_before

    assert before is None
    assert seen == sorted(rows, key=lambda row: (row.at, row.pk), reverse=True)


def test_a_timeline_of_one_kind():
    customer = CustomerFactory()
    call = InteractionFactory(customer=customer, kind="call")
    InteractionFactory(customer=customer, kind="visit")

    assert [line.interaction for line in timeline_of(customer, kind="call").lines] == [call]
    assert len(timeline_of(customer, kind="nonsense").lines) == 2


@pytest.mark.parametrize(
    ("kind", "fields", "badge", "tone"),
    [
        ("survey_answered", {"detail": {"score": 0, "score_kind": "nps"}}, "NPS 0", "info"),
        ("survey_answered", {"detail": {"score": None, "score_kind": ""}}, "", "plain"),
        ("survey_sent", {"detail": {"is_reminder": True}}, "reminder", "plain"),
        ("follow_up", {"detail": {"step": "escalated"}}, "overdue: the team lead was told", "bad"),
        ("follow_up", {"detail": {"step": "<b>"}}, "", "plain"),
        ("loyalty", {"detail": {"points": -50, "kind": "redeemed"}}, "−50 points · redeemed", "plain"),
        ("loyalty", {"detail": {"points": 1, "kind": "?"}}, "+1 point", "plain"),
        ("purchase", {"amount": "19.90"}, "19.90", "plain"),
        ("visit", {"detail": {"points": "x"}}, "", "plain"),
    ],
)
def test_a_line_says_what_happened(kind, fields, badge, tone):
    interaction = InteractionFactory(kind=kind, **fields)

    [line] = timeline_of(interaction.customer).lines

    assert (line.badge, line.tone) == (badge, tone)


def test_the_timeline_needs_as_many_queries_for_three_as_for_one(support, django_assert_num_queries):
    customer = CustomerFactory()
    InteractionFactory(customer=customer, touchpoint=TouchpointFactory())
    support.get(timeline_page(customer), headers=HTMX)
    with django_assert_num_queries(6):
        support.get(timeline_page(customer), headers=HTMX)

    InteractionFactory.create_batch(2, customer=customer)
    with django_assert_num_queries(6):
        support.get(timeline_page(customer), headers=HTMX)


def test_older_ones_come_as_lines_alone(support):
    customer = CustomerFactory()
    for n in range(PAGE + 1):
        InteractionFactory(customer=customer, at=NOON - timedelta(hours=n), summary=f"call {n}.")

    first = support.get(timeline_page(customer)).content.decode()
    before = timeline_of(customer).next_before
    rest = support.get(timeline_page(customer), {"before": before}, headers=HTMX).content.decode()

    assert "call 0." in first
    assert f"call {PAGE}." not in first
    assert rest.strip().startswith("<li")
    assert rest.count("<li") == 1
    assert f"call {PAGE}." in rest


def test_a_note_is_written_once_however_often_it_is_sent(support):
    customer, touchpoint = CustomerFactory(), TouchpointFactory()
    typed = {"kind": "note", "text": "Prefers <b>evenings</b>", "touchpoint": touchpoint.pk, "token": uuid4()}

    for _ in range(2):
        reply = support.post(timeline_page(customer), typed)

    assert reply.url == timeline_page(customer)
    note = Interaction.objects.get()
    assert (note.kind, note.source, note.touchpoint, note.summary) == (
        "note",
        "staff",
        touchpoint,
        "Prefers <b>evenings</b>",
    )
    html = support.get(timeline_page(customer)).content.decode()
    assert "Prefers &lt;b&gt;evenings&lt;/b&gt;" in html
    assert "Amra Begić" in html


def test_a_note_by_htmx_comes_back_with_the_timeline(support):
    customer = CustomerFactory()

    html = support.post(
        timeline_page(customer), {"kind": "note", "text": "Called back", "token": uuid4()}, headers=HTMX
    ).content.decode()

    assert html.strip().startswith("<div")
    assert "Called back" in html


@pytest.mark.parametrize("text", ["", "x" * 301, "a\x00b"])
def test_a_note_that_cannot_be_kept_keeps_what_was_typed(support, text):
    reply = support.post(timeline_page(CustomerFactory()), {"kind": "note", "text": text, "token": uuid4()})

    assert reply.status_code == 400
    assert "text" in reply.context["interaction_form"].errors
    assert Interaction.objects.count() == 0


def test_a_contact_stands_where_it_happened(support):
    customer = InteractionFactory(summary="Later", at=timezone.now()).customer
    yesterday = timezone.localtime() - timedelta(days=1)
    typed = {"kind": "call", "text": "Promised a router", "happened_at": f"{yesterday:%Y-%m-%dT%H:%M}"}

    support.post(timeline_page(customer), typed | {"token": uuid4()})

    call = customer.interactions.get(summary="Promised a router")
    assert (call.kind, call.at) == ("call", yesterday.replace(second=0, microsecond=0))


def test_what_is_still_to_come_did_not_happen(support):
    tomorrow = timezone.localtime() + timedelta(days=1)
    typed = {"kind": "call", "text": "I shall call", "happened_at": f"{tomorrow:%Y-%m-%dT%H:%M}"}

    reply = support.post(timeline_page(CustomerFactory()), typed | {"token": uuid4()})

    assert reply.context["interaction_form"].errors["happened_at"]
    assert "I shall call" in reply.content.decode()
    assert not Interaction.objects.exists()


def test_who_may_not_write_notes_reads_only(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    customer = InteractionFactory(summary="A call").customer

    html = client.get(timeline_page(customer)).content.decode()
    refused = client.post(timeline_page(customer), {"text": "x", "token": uuid4()})

    assert "A call" in html
    assert 'name="text"' not in html
    assert refused.status_code == 403
    assert Interaction.objects.count() == 1


def test_a_stranger_is_kept_out(client):
    interaction, journey_map = InteractionFactory(), JourneyMapFactory()
    assert client.get(timeline_page(interaction.customer)).url.startswith(reverse("admin:login"))
    client.force_login(UserFactory())

    assert client.get(timeline_page(interaction.customer)).status_code == 403
    assert client.get(map_page(journey_map)).status_code == 403


def test_the_timeline_stands_on_the_customers_page(support):
    interaction = InteractionFactory(summary="Asked about the bill")

    page = reverse("admin:customers_customer_change", args=[interaction.customer.pk])
    html = support.get(page).content.decode()

    assert "Asked about the bill" in html
    assert 'name="csrfmiddlewaretoken"' in html


def test_a_map_shows_stages_with_the_scores_and_contacts_of_a_period(manager):
    now = timezone.now()
    stage = StageFactory(name="Get help", goal="Solved at once")
    shop, chat = (
        StageTouchpointFactory(stage=stage, touchpoint__name=name).touchpoint for name in ("Shop", "Chat")
    )
    for kind, days_ago in (("call", 0), ("visit", 29), ("note", 1), ("survey_sent", 1), ("call", 31)):
        InteractionFactory(touchpoint=shop, kind=kind, at=now - timedelta(days=days_ago))
    InteractionFactory(touchpoint=chat, kind="message", at=now)

    reply = manager.get(map_page(stage.journey_map), {"days": 30})

    [column] = reply.context["columns"]
    assert [(card.touchpoint, card.contacts, card.share) for card in column.cards] == [
        (shop, 2, 100),
        (chat, 1, 50),
    ]
    today = timezone.localdate()
    assert asked == [({shop.pk, chat.pk}, today - timedelta(days=29), today)]
    html = reply.content.decode()
    assert "−37 to 14" in html
    assert "Solved at once" in html


def test_a_touchpoint_leads_to_its_trend_and_its_number_to_the_answers_behind_it(manager):
    stage = StageFactory()
    shop = StageTouchpointFactory(stage=stage).touchpoint

    html = manager.get(map_page(stage.journey_map), {"days": 30}).content.decode()

    first = timezone.localdate() - timedelta(days=29)
    answers = f"touchpoint__id__exact={shop.pk}&amp;submitted_at_from={first:%Y-%m-%d}&amp;is_test__exact=0"
    assert f'href="{reverse("admin:index")}?touchpoint={shop.pk}&amp;period=30"' in html
    assert f'href="{reverse("admin:surveys_surveyresponse_changelist")}?{answers}"' in html


@pytest.mark.parametrize("days", ["", "x", "7", "-30", "9" * 40])
def test_an_unknown_period_is_the_usual_one(manager, days):
    reply = manager.get(map_page(JourneyMapFactory()), {"days": days})

    assert reply.context["period"].days == 90
    assert "This map has no stages yet" in reply.content.decode()


def test_a_map_needs_as_many_queries_for_three_stages_as_for_one(manager, django_assert_num_queries):
    journey_map = JourneyMapFactory()
    StageTouchpointFactory(stage=StageFactory(journey_map=journey_map))
    manager.get(map_page(journey_map))
    with django_assert_num_queries(10):
        manager.get(map_page(journey_map))

    for _ in range(2):
        StageTouchpointFactory.create_batch(3, stage=StageFactory(journey_map=journey_map))
    with django_assert_num_queries(10):
        manager.get(map_page(journey_map))


def test_stages_and_touchpoints_are_edited_on_one_page(manager):
    stage = StageFactory(name="Buy", position=1)
    shop = StageTouchpointFactory(stage=stage, position=1).touchpoint
    gone = StageTouchpointFactory(stage=stage, position=2).touchpoint
    app = TouchpointFactory()
    page = reverse("admin:journeys_journeymap_change", args=[stage.journey_map.pk])
    assert manager.get(page).status_code == 200

    manager.post(
        page,
        {
            "name": "Life with us",
            "stages-TOTAL_FORMS": 2,
            "stages-INITIAL_FORMS": 1,
            "stages-0-id": stage.pk,
            "stages-0-journey_map": stage.journey_map.pk,
            "stages-0-position": 1,
            "stages-0-name": "Buy",
            "stages-0-touchpoints": [app.pk, shop.pk],
            "stages-1-journey_map": stage.journey_map.pk,
            "stages-1-name": "Use",
            "stages-1-touchpoints": [app.pk],
        },
    )

    stage.journey_map.refresh_from_db()
    assert stage.journey_map.name == "Life with us"
    assert list(Stage.objects.values_list("name", flat=True)) == ["Buy", "Use"]
    placed = StageTouchpoint.objects.order_by("stage", "position").values_list("stage__name", "touchpoint")
    assert list(placed) == [("Buy", shop.pk), ("Buy", app.pk), ("Use", app.pk)]
    assert type(gone).objects.filter(pk=gone.pk).exists()


@pytest.mark.parametrize("name", ["touchpoint", "journeymap", "interaction"])
def test_lists_need_as_many_queries_for_three_as_for_one(manager, name, django_assert_max_num_queries):
    page = reverse(f"admin:journeys_{name}_changelist")

    def more():
        placement = StageTouchpointFactory()
        InteractionFactory(touchpoint=placement.touchpoint)

    more()
    manager.get(page)
    with django_assert_max_num_queries(12) as one:
        assert manager.get(page).status_code == 200
    more(), more()
    with django_assert_max_num_queries(len(one)):
        manager.get(page)


def test_nobody_edits_the_past(manager):
    interaction = InteractionFactory()
    page = reverse("admin:journeys_interaction_change", args=[interaction.pk])

    assert manager.get(page).status_code == 200
    assert manager.post(page, {"summary": "x"}).status_code == 403
    assert manager.get(reverse("admin:journeys_interaction_add")).status_code == 403
