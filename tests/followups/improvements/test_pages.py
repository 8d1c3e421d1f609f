"""The board, the page of one improvement, and the ways that lead there."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone

from followups.improvements.raising import link_follow_ups
from followups.models import FollowUp, Improvement, ImprovementStep, ImprovementVoice, TellingCampaign
from staff.units import create_unit
from surveys.models import Campaign, Invitation
from tests.conftest import NOON
from tests.factories.customers import IdentityFactory
from tests.factories.followups import (
    FollowUpFactory,
    FollowUpRuleFactory,
    ImprovementFactory,
    RootCauseFactory,
)
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import (
    AnswerFactory,
    CampaignFactory,
    QuestionFactory,
    SurveyResponseFactory,
)

pytestmark = pytest.mark.django_db
BOARD, PROPOSE = "admin:followups_improvements", "admin:followups_propose"


@pytest.fixture
def amra():
    user = UserFactory(roles=["Support"], first_name="Amra", last_name="Begić")
    TeamFactory(members=[user])
    return user


@pytest.fixture
def desk(client, amra):
    client.force_login(amra)
    return client


def page_of(improvement, query=""):
    return reverse("admin:followups_improvement_page", args=[improvement.pk]) + query


def everything():
    models = (Improvement, ImprovementStep, ImprovementVoice, Invitation)
    return [list(model.objects.order_by("pk").values_list()) for model in models]


def cards(reply):
    return {
        column.state.value: [card.improvement for card in column.cards] for column in reply.context["columns"]
    }


def test_each_column_holds_what_its_name_says_the_newest_first(desk):
    made = {state: [ImprovementFactory(state=state) for _ in range(2)][::-1] for state in Improvement.State}

    reply = desk.get(reverse(BOARD))

    assert cards(reply) == {
        state.value: rows for state, rows in made.items() if state != Improvement.State.DECLINED
    }


def test_the_board_is_narrowed_to_a_unit_an_owner_and_a_cause(desk, amra):
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Shop", kind="location", parent=brand)
    cause = RootCauseFactory()
    of_shop, owned, caused = (
        ImprovementFactory(unit=shop),
        ImprovementFactory(owner=amra),
        ImprovementFactory(root_cause=cause),
    )
    asked = {"unit": brand.pk, "owner": amra.pk, "root_cause": cause.pk}

    found = {name: cards(desk.get(reverse(BOARD), {name: pk}))["proposed"] for name, pk in asked.items()}
    nonsense = cards(desk.get(reverse(BOARD), {"unit": "x", "owner": "9" * 30}))["proposed"]

    assert found == {"unit": [of_shop], "owner": [owned], "root_cause": [caused]}
    assert nonsense == [caused, owned, of_shop]


def test_an_empty_board_says_what_improvements_are_for(desk):
    assert "cx-empty" in desk.get(reverse(BOARD)).content.decode()


def test_the_board_needs_as_many_queries_for_three_as_for_one(desk, django_assert_num_queries):
    rule = FollowUpRuleFactory()
    for n in (1, 2):
        for _ in range(n):
            FollowUpFactory(rule=rule)
            link_follow_ups(
                improvement=ImprovementFactory(), follow_ups=FollowUp.objects.all(), by=None, at=NOON
            )
        with django_assert_num_queries(11):
            desk.get(reverse(BOARD))


def test_the_page_needs_as_many_queries_for_three_as_for_one(desk, django_assert_num_queries):
    rule, improvement = FollowUpRuleFactory(), ImprovementFactory(state="done")
    for n in (1, 2):
        for _ in range(n):
            FollowUpFactory(rule=rule)
        link_follow_ups(improvement=improvement, follow_ups=FollowUp.objects.all(), by=None, at=NOON)
        with django_assert_num_queries(21):
            desk.get(page_of(improvement))


def proposal(**fields):
    return {"title": "A second counter", "metric": "csat"} | fields


def test_a_cause_of_the_loops_figures_becomes_an_improvement_with_all_it_happened_to(desk, amra):
    cause, rule = RootCauseFactory(name="Waiting"), FollowUpRuleFactory()
    now = timezone.now()
    happened = [
        FollowUpFactory(rule=rule, state="resolved", root_cause=cause, resolved_at=now, outcome="solved")
        for _ in range(2)
    ]

    link = desk.get(reverse("insights-loop")).context["causes"][0].improve_url
    form = desk.get(link).context
    asked = {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}
    reply = desk.post(reverse(PROPOSE), proposal(root_cause=cause.pk) | asked)

    assert (form["form"].initial["title"], form["follow_ups"]) == ("Waiting", 2)
    improvement = Improvement.objects.get()
    assert reply.url == page_of(improvement)
    assert (improvement.title, improvement.root_cause, improvement.metric) == (
        "A second counter",
        cause,
        "csat",
    )
    assert {voice.follow_up for voice in improvement.voices.all()} == set(happened)


def test_a_follow_up_leads_to_a_new_improvement_or_to_one_that_is_there(desk):
    follow_up, there = FollowUpFactory(), ImprovementFactory(title="Open longer")
    page = desk.get(reverse("admin:followups_follow_up", args=[follow_up.pk])).content.decode()
    link = f"{reverse(PROPOSE)}?follow_ups={follow_up.pk}"

    reply = desk.post(
        reverse(PROPOSE), {"action": "choose", "improvement": there.pk, "follow_ups": str(follow_up.pk)}
    )

    assert link in page
    assert desk.get(link).context["may_choose"] is True
    assert reply.url == page_of(there)
    assert there.voices.get().follow_up == follow_up
    assert (
        "Open longer" in desk.get(reverse("admin:followups_follow_up", args=[follow_up.pk])).content.decode()
    )


def test_rows_of_the_list_are_linked_at_once(desk):
    rule = FollowUpRuleFactory()
    chosen = [FollowUpFactory(rule=rule).pk for _ in range(2)]

    reply = desk.post(
        reverse("admin:followups_followup_changelist"),
        {"action": "link_to_improvement", "_selected_action": chosen},
    )

    assert reply.url == f"{reverse(PROPOSE)}?follow_ups={chosen[0]},{chosen[1]}"
    assert desk.get(reply.url).context["follow_ups"] == 2


def test_rows_chosen_in_the_inbox_are_linked_at_once(desk):
    rule = FollowUpRuleFactory()
    chosen = [FollowUpFactory(rule=rule).pk for _ in range(2)]
    door = reverse("admin:followups_improve_chosen")

    inbox = desk.get(reverse("admin:followups_inbox"), {"tab": "unassigned"}).content.decode()
    reply = desk.post(door, {"chosen": [f"{pk}:1" for pk in chosen], "what": "take"})
    nothing = desk.post(door, {"what": "take"})

    assert f'formaction="{door}"' in inbox
    assert desk.get(reply.url).context["follow_ups"] == 2
    assert nothing.url == reverse("admin:followups_inbox")
    assert desk.get(door).status_code == 405


@pytest.mark.parametrize("follow_ups", ["x", "1;2", "9" * 25, ",".join(["1"] * 301)])
def test_nonsense_in_the_address_links_nothing_and_says_so(desk, follow_ups):
    reply = desk.get(reverse(PROPOSE), {"follow_ups": follow_ups})

    sent = desk.post(reverse(PROPOSE), proposal(follow_ups=follow_ups))

    assert (reply.status_code, reply.context["follow_ups"], sent.status_code) == (200, 0, 400)
    assert all("Choose them again, at most 300 at once." in page.content.decode() for page in (reply, sent))
    assert not Improvement.objects.exists()


def test_a_comment_of_the_dashboard_leads_to_an_improvement_it_raises(client):
    client.force_login(UserFactory(roles=["Administrators"]))
    answer = AnswerFactory(
        survey_response=SurveyResponseFactory(submitted_at=timezone.now(), has_comment=True, score=3),
        question=QuestionFactory(kind="comment"),
        score=None,
        text="Too slow!",
    )
    link = f"{reverse(PROPOSE)}?answers={answer.survey_response_id}"

    page = client.get(reverse("admin:index")).content.decode()
    asked = client.get(link).context
    client.post(reverse(PROPOSE), proposal(answers=str(answer.survey_response_id)))

    assert link in page
    assert (asked["answers"], asked["form"].initial) == (1, {"touchpoint": None, "metric": "nps"})
    assert ImprovementVoice.objects.get().survey_response == answer.survey_response


def test_a_proposal_without_a_title_loses_nothing(desk):
    follow_up, before = FollowUpFactory(), everything()

    reply = desk.post(reverse(PROPOSE), proposal(title="", plan="Rent one.", follow_ups=str(follow_up.pk)))

    assert reply.status_code == 400
    assert "Rent one." in reply.content.decode()
    assert reply.context["follow_ups"] == 1
    assert everything() == before


STEPS = [
    ("proposed", {"action": "plan", "due_date": "2026-05-01", "how": "Rent one."}, "planned"),
    ("planned", {"action": "start", "text": "Signed."}, "doing"),
    ("doing", {"action": "finish", "done_date": "2026-03-04", "text": "It stands."}, "done"),
    ("done", {"action": "measure", "text": "Worth it."}, "measured"),
    ("doing", {"action": "decline", "text": "Too dear."}, "declined"),
    ("declined", {"action": "take_up_again", "text": ""}, "proposed"),
]


@pytest.mark.parametrize(("state", "sent", "then"), STEPS)
def test_a_step_leads_from_one_state_to_the_next(desk, amra, state, sent, then):
    improvement = ImprovementFactory(state=state)

    reply = desk.post(page_of(improvement), sent | {"version": "1", "owner": amra.pk})

    assert (reply.status_code, reply.headers.get("Location")) == (302, page_of(improvement))
    assert Improvement.objects.get().state == then
    assert desk.get(page_of(improvement)).status_code == 200


@pytest.mark.parametrize(("state", "sent", "then"), STEPS)
def test_of_two_at_once_the_second_keeps_what_they_typed(desk, amra, state, sent, then):
    improvement = ImprovementFactory(state=state, version=2)
    before = everything()

    reply = desk.post(page_of(improvement), sent | {"version": "1", "owner": amra.pk})

    assert reply.status_code == 409
    page = reply.content.decode()
    assert "Somebody else changed this improvement" in page
    assert (sent.get("text") or sent.get("how") or "") in page
    assert 'name="version" value="2"' in page
    assert everything() == before


@pytest.mark.parametrize(
    ("state", "sent", "sentence"),
    [
        ("proposed", {"action": "plan", "how": "Rent one."}, "This field is required."),
        ("doing", {"action": "finish", "done_date": "2099-01-01"}, "Choose a day that is not still to come."),
        ("doing", {"action": "finish", "done_date": "0001-01-01"}, "Enter a valid date."),
        ("proposed", {"action": "decline", "text": ""}, "This field is required."),
        ("proposed", {"action": "link"}, "Choose a root cause or a topic."),
        (
            "proposed",
            {"action": "link", "cause": "", "since": "2026-02-02", "until": "2026-01-01"},
            "after the last",
        ),
        ("proposed", {"action": "unlink"}, "Choose at least one first."),
        ("done", {"action": "tell"}, "No campaign is chosen that tells customers"),
        (
            "doing",
            {"action": "texts", "is_public": "on"},
            "Write what was done before you show it to everybody.",
        ),
    ],
)
def test_what_cannot_be_done_says_what_to_do_and_changes_nothing(desk, state, sent, sentence):
    improvement = ImprovementFactory(state=state)
    before = everything()

    reply = desk.post(page_of(improvement), sent | {"version": "1"})

    assert reply.status_code == 400
    assert sentence in reply.content.decode()
    assert everything() == before


def test_it_is_measured_when_the_days_after_it_are_over(desk):
    improvement = ImprovementFactory(state="done", done_at=timezone.now() - timedelta(days=3))
    before = everything()

    reply = desk.post(page_of(improvement), {"action": "measure", "text": "Worth it.", "version": "1"})

    assert reply.status_code == 400
    assert "The days to compare are over on" in reply.content.decode()
    assert "Worth it." in reply.content.decode()
    assert everything() == before


def test_what_it_is_about_and_what_customers_read_are_changed(desk, amra):
    improvement = ImprovementFactory(what_we_did={})
    about = {
        "action": "about",
        "version": "1",
        "title": "Open longer",
        "metric": "ces",
        "measured_days": "30",
        "cost": "1200.50",
    }
    texts = {"action": "texts", "version": "2", "what_we_did_en": "Until eight.", "is_public": "on"}

    statuses = [desk.post(page_of(improvement), sent).status_code for sent in (about, texts)]

    assert statuses == [302, 302]
    improvement.refresh_from_db()
    assert (improvement.title, improvement.metric, improvement.measured_days, str(improvement.cost)) == (
        "Open longer",
        "ces",
        30,
        "1200.50",
    )
    assert (improvement.what_we_did, improvement.is_public) == ({"en": "Until eight."}, True)
    assert list(improvement.steps.values_list("kind", "author")) == [("changed", amra.pk)] * 2


def test_customers_are_told_after_a_look_at_who_and_why_not(desk):
    campaign = CampaignFactory(kind=Campaign.Kind.BY_API)
    TellingCampaign.objects.create(campaign=campaign)
    improvement, rule = ImprovementFactory(state="done"), FollowUpRuleFactory()
    reached = FollowUpFactory(rule=rule, survey_response__customer=IdentityFactory().customer)
    FollowUpFactory(rule=rule)
    link_follow_ups(improvement=improvement, follow_ups=FollowUp.objects.all(), by=None, at=NOON)

    look = desk.get(page_of(improvement, "?tell")).context
    reply = desk.post(page_of(improvement), {"action": "tell", "version": "1"}, follow=True)

    assert [(row.words, row.why, row.people) for row in look["foreseen"]] == [
        ("Will be told", "", 1),
        ("Excluded", "no address for these channels", 1),
    ]
    assert look["to_tell"] == 1
    assert "2 people stand in the ledger now." in reply.content.decode()
    assert [(row.words, row.people) for row in reply.context["fates"]] == [
        ("Will be told", 1),
        ("Excluded", 1),
    ]
    told = {voice.follow_up: voice.told.partition(":")[0] for voice in reply.context["voices"]}
    assert told[reached] == "Planned"
    assert sorted(told.values()) == ["Excluded", "Planned"]


def test_the_page_shows_what_customers_wrote_and_takes_away_who_was_linked_by_mistake(desk):
    improvement, follow_up = ImprovementFactory(), FollowUpFactory()
    question = QuestionFactory(survey=follow_up.rule.survey, kind="comment")
    AnswerFactory(survey_response=follow_up.survey_response, question=question, score=None, text="Too slow!")
    link_follow_ups(improvement=improvement, follow_ups=FollowUp.objects.all(), by=None, at=NOON)
    voice = improvement.voices.get()

    page = desk.get(page_of(improvement)).content.decode()
    reply = desk.post(page_of(improvement), {"action": "unlink", "voices": voice.pk}, follow=True)

    assert "Too slow!" in page
    assert "1 taken away." in reply.content.decode()
    assert not improvement.voices.exists()


def test_analysts_look_and_change_nothing(client):
    client.force_login(UserFactory(roles=["Analysts"]))
    improvement = ImprovementFactory()
    before = everything()

    statuses = [
        client.get(reverse(BOARD)).status_code,
        client.get(page_of(improvement)).status_code,
        client.get(reverse(PROPOSE)).status_code,
        client.post(reverse(PROPOSE), proposal()).status_code,
        client.post(reverse("admin:followups_improve_chosen"), {"chosen": "1:1"}).status_code,
        client.post(page_of(improvement), {"action": "note", "text": "?", "version": "1"}).status_code,
    ]

    assert statuses == [200, 200, 403, 403, 403, 403]
    assert everything() == before


def test_who_may_not_read_follow_ups_reads_no_words_of_customers(client):
    client.force_login(UserFactory(roles=["Marketing lead"]))
    improvement, follow_up = ImprovementFactory(), FollowUpFactory()
    link_follow_ups(improvement=improvement, follow_ups=FollowUp.objects.all(), by=None, at=NOON)

    reply = client.get(page_of(improvement))

    assert (reply.context["people"], reply.context["voices"]) == (1, [])
    assert str(follow_up.customer) not in reply.content.decode()


def test_who_sees_a_unit_proposes_for_it_alone(client):
    brand, other = create_unit(name="Meridian", kind="brand"), create_unit(name="Other", kind="brand")
    client.force_login(UserFactory(roles=["Support"], unit=brand))

    refused = [client.post(reverse(PROPOSE), proposal(unit=unit)).status_code for unit in ("", other.pk)]
    taken = client.post(reverse(PROPOSE), proposal(unit=brand.pk)).status_code

    assert (refused, taken) == ([400, 400], 302)
    assert Improvement.objects.get().unit == brand


@pytest.fixture
def lead(client):
    client.force_login(UserFactory(roles=["Marketing lead"]))
    return client


def test_a_campaign_is_chosen_once_for_each_unit_and_for_everywhere_else(lead):
    waits, once = CampaignFactory(kind=Campaign.Kind.BY_API), CampaignFactory(kind=Campaign.Kind.ONCE)
    unit = create_unit(name="Meridian", kind="brand")
    add = reverse("admin:followups_tellingcampaign_add")
    sent = [("", once), ("", waits), ("", waits), (unit.pk, waits), (unit.pk, waits)]

    statuses = [lead.post(add, {"unit": u, "campaign": c.pk}).status_code for u, c in sent]
    again = lead.post(add, {"unit": unit.pk, "campaign": waits.pk}).content.decode()

    assert statuses == [200, 302, 200, 302, 200]
    assert "A campaign is chosen for this unit already: change that one." in again
    assert set(TellingCampaign.objects.values_list("unit", "campaign")) == {
        (None, waits.pk),
        (unit.pk, waits.pk),
    }


def test_who_sees_a_unit_chooses_no_campaign_for_everybody(client):
    brand = create_unit(name="Meridian", kind="brand")
    client.force_login(UserFactory(roles=["Administrators"], unit=brand))

    statuses = [
        client.get(reverse("admin:followups_tellingcampaign_add")).status_code,
        client.post(reverse("admin:followups_tellingcampaign_add"), {"campaign": "1"}).status_code,
    ]

    assert statuses == [403, 403]
