from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from followups.models import FollowUp, FollowUpStep
from followups.pages.inbox import PAGE
from staff.models import Notification
from tests.factories.customers import IdentityFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, RootCauseFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import AnswerFactory, QuestionFactory, SurveyFactory

pytestmark = pytest.mark.django_db
INBOX = "admin:followups_inbox"


@pytest.fixture
def amra():
    return UserFactory(roles=["Support"], first_name="Amra", last_name="Begić")


@pytest.fixture
def desk(client, amra):
    client.force_login(amra)
    return client


def page_of(follow_up):
    return reverse("admin:followups_follow_up", args=[follow_up.pk])


def listed(reply):
    return [row.follow_up for row in reply.context["page"].rows]


def with_comment(follow_up, text):
    question = QuestionFactory(survey=follow_up.rule.survey, kind="comment", text={"en": "Why?"})
    AnswerFactory(survey_response=follow_up.survey_response, question=question, score=None, text=text)
    return follow_up


def test_each_tab_holds_what_it_says_the_most_urgent_first(desk, amra):
    now = timezone.now()
    team = TeamFactory(members=[amra])
    rule = FollowUpRuleFactory(team=team)
    later = FollowUpFactory(rule=rule, owner=amra, due_at=now + timedelta(hours=9))
    sooner = FollowUpFactory(rule=rule, owner=amra, due_at=now + timedelta(hours=1))
    contacted = FollowUpFactory(rule=rule, owner=amra, state="contacted", due_at=now - timedelta(days=1))
    waiting = FollowUpFactory(rule=rule, state="waiting", due_at=now - timedelta(days=2))
    a_colleagues = FollowUpFactory(rule=rule, owner=UserFactory(), due_at=now + timedelta(hours=2))
    nobodys = FollowUpFactory(due_at=now - timedelta(hours=1))
    resolved = FollowUpFactory(owner=amra, state="resolved", resolved_at=now, due_at=now - timedelta(days=3))

    tabs = {tab: listed(desk.get(reverse(INBOX), {"tab": tab})) for tab in FollowUpTabs}

    assert tabs == {
        "mine": [contacted, sooner, later],
        "team": [contacted, sooner, a_colleagues, later],
        "unassigned": [nobodys],
        "overdue": [contacted, nobodys],
        "waiting": [waiting],
        "resolved": [resolved],
    }
    counts = {each["tab"].value: each["count"] for each in desk.get(reverse(INBOX)).context["tabs"]}
    assert counts == {
        "mine": 3,
        "team": 4,
        "unassigned": 1,
        "overdue": 2,
        "waiting": 1,
        "resolved": None,
    }


FollowUpTabs = ("mine", "team", "unassigned", "overdue", "waiting", "resolved")


def test_who_is_in_no_team_sees_what_waits_in_the_other_tabs(desk):
    FollowUpFactory(due_at=timezone.now() - timedelta(hours=1))

    counts = {each["tab"].value: each["count"] for each in desk.get(reverse(INBOX)).context["tabs"]}

    assert counts == {
        "mine": 0,
        "team": 0,
        "unassigned": 1,
        "overdue": 1,
        "waiting": 0,
        "resolved": None,
    }


@pytest.mark.parametrize("tab", FollowUpTabs)
def test_an_empty_tab_says_so(desk, tab):
    reply = desk.get(reverse(INBOX), {"tab": tab})

    assert reply.status_code == 200
    assert "cx-empty" in reply.content.decode()


@pytest.mark.parametrize("tab", FollowUpTabs)
def test_every_follow_up_stands_on_exactly_one_page(desk, amra, tab):
    now = timezone.now()
    rule = FollowUpRuleFactory(team=TeamFactory(members=[amra]))
    state = tab if tab in {"resolved", "waiting"} else "open"
    owner = None if tab == "unassigned" else amra
    expected = {
        FollowUpFactory(
            rule=rule, owner=owner, state=state, resolved_at=now, due_at=now - timedelta(hours=n // 3)
        ).pk
        for n in range(PAGE + 3)
    }

    first = desk.get(reverse(INBOX), {"tab": tab})
    rest = desk.get(reverse(INBOX), {"tab": tab, "after": first.context["page"].next_after})

    seen = [follow_up.pk for follow_up in listed(first) + listed(rest)]
    assert len(seen) == PAGE + 3
    assert set(seen) == expected
    assert rest.context["page"].next_after is None


@pytest.mark.parametrize("after", ["0", "999999", "x", "-1", "9" * 30])
def test_a_page_that_does_not_exist_is_the_first_one(desk, amra, after):
    follow_up = FollowUpFactory(owner=amra)

    assert listed(desk.get(reverse(INBOX), {"tab": "nonsense", "after": after})) == [follow_up]


def test_the_inbox_needs_as_many_queries_for_three_as_for_one(desk, amra, django_assert_num_queries):
    desk.get(reverse(INBOX))
    rule = FollowUpRuleFactory(team=TeamFactory(members=[amra]))
    with_comment(FollowUpFactory(rule=rule, owner=amra), "Slow")
    with django_assert_num_queries(12):
        desk.get(reverse(INBOX))

    for _ in range(2):
        with_comment(FollowUpFactory(owner=amra), "Slow")
    with django_assert_num_queries(12):
        desk.get(reverse(INBOX))


def test_one_follow_up_needs_as_many_queries_for_three_steps_as_for_one(
    desk, amra, django_assert_num_queries
):
    follow_up = with_comment(FollowUpFactory(owner=amra), "Slow")
    IdentityFactory(customer=follow_up.customer)
    FollowUpStep.objects.create(follow_up=follow_up, kind="note", author=amra, at=timezone.now())
    desk.get(page_of(follow_up))
    with django_assert_num_queries(30):
        desk.get(page_of(follow_up))

    for _ in range(2):
        FollowUpStep.objects.create(follow_up=follow_up, kind="note", author=amra, at=timezone.now())
    with django_assert_num_queries(30):
        desk.get(page_of(follow_up))


def test_what_a_customer_wrote_is_shown_as_text(desk, amra):
    attack = '<script>alert("1")</script><img src=x onerror=alert(1)>'
    follow_up = with_comment(
        FollowUpFactory(owner=amra, survey_response__customer__first_name="<b>Eve</b>"), attack
    )
    FollowUpStep.objects.create(follow_up=follow_up, kind="note", text=attack, at=timezone.now())

    for address in (reverse(INBOX), page_of(follow_up)):
        html = desk.get(address).content.decode()
        assert attack not in html
        assert "<b>Eve</b>" not in html
        assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;" in html


def test_the_page_shows_how_to_reach_the_customer(desk, amra):
    follow_up = FollowUpFactory(owner=amra)
    IdentityFactory(customer=follow_up.customer, kind="phone", value="+38761234567")
    IdentityFactory(customer=follow_up.customer, value="lejla+cx@example.com")

    html = desk.get(page_of(follow_up)).content.decode()

    assert 'href="tel:+38761234567"' in html
    assert 'href="mailto:lejla%2Bcx@example.com"' in html


def test_an_anonymous_answer_has_a_page_too(desk, amra):
    follow_up = FollowUpFactory(owner=amra, customer=None, survey_response__customer=None)

    assert "Anonymous customer" in desk.get(page_of(follow_up)).content.decode()
    assert "Anonymous customer" in desk.get(reverse(INBOX)).content.decode()


def test_next_and_previous_walk_through_the_tab(desk, amra):
    first, second, third = (
        FollowUpFactory(owner=amra, due_at=timezone.now() + timedelta(hours=n)) for n in (1, 2, 3)
    )

    reply = desk.get(page_of(second))

    assert (reply.context["before"], reply.context["after"]) == (first.pk, third.pk)
    assert desk.get(page_of(first)).context["before"] is None
    assert desk.get(page_of(third)).context["after"] is None


def test_taking_in_the_inbox_is_one_click(desk, amra):
    follow_up = FollowUpFactory()

    reply = desk.post(
        reverse("admin:followups_take", args=[follow_up.pk]), {"version": 1, "tab": "unassigned"}
    )

    assert reply.url == reverse(INBOX) + "?tab=unassigned"
    follow_up.refresh_from_db()
    assert follow_up.owner == amra


def test_who_clicks_second_is_told_who_has_it(desk):
    boris = UserFactory()
    follow_up = FollowUpFactory(owner=boris, version=2)

    reply = desk.post(
        reverse("admin:followups_take", args=[follow_up.pk]), {"version": 1, "tab": "team"}, follow=True
    )

    follow_up.refresh_from_db()
    assert follow_up.owner == boris
    assert "Somebody else was faster" in reply.content.decode()


def test_from_contact_to_resolved(desk, amra):
    follow_up, cause = FollowUpFactory(owner=amra), RootCauseFactory()

    desk.post(page_of(follow_up), {"action": "contact", "version": 1, "text": "Called: the bill was wrong"})
    desk.post(page_of(follow_up), {"action": "note", "version": 2, "text": "Told billing"})
    desk.post(
        page_of(follow_up),
        {"action": "resolve", "version": 3, "root_cause": cause.pk, "outcome": "solved", "text": "Refunded"},
    )

    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.root_cause, follow_up.outcome) == ("resolved", cause, "solved")
    assert list(follow_up.steps.values_list("kind", "author", "text")) == [
        ("contact", amra.pk, "Called: the bill was wrong"),
        ("note", amra.pk, "Told billing"),
        ("resolved", amra.pk, "Refunded"),
    ]


def test_waiting_for_the_customer_and_going_on(desk, amra):
    follow_up = FollowUpFactory(owner=amra, state="contacted", contacted_at=timezone.now())
    friday = (timezone.localtime() + timedelta(days=9)).date()

    assert "Wait for the customer" in desk.get(page_of(follow_up)).content.decode()
    desk.post(page_of(follow_up), {"action": "wait", "version": 1, "until": friday, "text": "Sends a photo"})
    waiting = desk.get(page_of(follow_up))
    desk.post(page_of(follow_up), {"action": "priority", "version": 2, "priority": 2})
    desk.post(page_of(follow_up), {"action": "go_on", "version": 3, "text": "It came"})

    assert (waiting.context["tab"], waiting.context["next_step"]) == ("waiting", "go_on")
    assert "waits for the customer until" in waiting.content.decode()
    follow_up.refresh_from_db()
    assert (follow_up.state, follow_up.priority, follow_up.waiting_since) == ("contacted", 2, None)
    assert list(follow_up.steps.values_list("kind", "text")) == [
        ("waiting", "Sends a photo"), ("priority", "High"), ("resumed", "It came"),
    ]  # fmt: skip


def test_a_day_that_is_over_is_no_day_to_wait_for(desk, amra):
    follow_up = FollowUpFactory(owner=amra, state="contacted", contacted_at=timezone.now())

    reply = desk.post(
        page_of(follow_up), {"action": "wait", "version": 1, "until": "2020-01-01", "text": "Sends a photo"}
    )

    form = reply.context["forms"]["wait"]
    assert (reply.status_code, form["text"].value()) == (400, "Sends a photo")
    assert form.errors["until"] == ["Choose a day that is still to come."]
    assert FollowUp.objects.get().state == "contacted"


def test_who_waits_for_somebody_not_contacted_yet_reads_why_not(desk, amra):
    reply = desk.post(page_of(FollowUpFactory(owner=amra)), {"action": "wait", "version": 1})

    assert reply.status_code == 409
    assert "In its present state this cannot be done" in str(reply.context["forms"]["wait"].errors)


def test_the_legs_before_stand_beside_the_history(desk, amra):
    follow_up = FollowUpFactory(owner=amra, state="resolved", resolved_at=timezone.now(), outcome="partly")
    desk.post(page_of(follow_up), {"action": "reopen", "version": 1, "text": "It broke again"})

    html = desk.get(page_of(follow_up)).content.decode()

    assert "Resolved before" in html
    assert "Partly solved" in html


def test_handing_over_tells_the_new_owner(desk, amra):
    boris = UserFactory()
    TeamFactory(members=[boris])
    follow_up = FollowUpFactory(owner=amra)

    desk.post(
        page_of(follow_up), {"action": "hand_over", "version": 1, "to": boris.pk, "text": "Speaks Russian"}
    )

    follow_up.refresh_from_db()
    assert follow_up.owner == boris
    assert Notification.objects.get().user == boris


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"action": "resolve", "text": "Refunded"}, "root_cause"),
        ({"action": "resolve", "text": "Refunded", "outcome": "nonsense"}, "outcome"),
        ({"action": "note", "text": ""}, "text"),
        ({"action": "note", "text": "x" * 5001}, "text"),
        ({"action": "hand_over", "to": "0"}, "to"),
        ({"action": "priority", "priority": "9"}, "priority"),
        ({"action": "wait", "until": "soon"}, "until"),
    ],
)
def test_a_form_with_something_missing_keeps_what_was_typed(desk, amra, typed, field):
    follow_up = FollowUpFactory(owner=amra)

    reply = desk.post(page_of(follow_up), {"version": 1, **typed})

    assert reply.status_code == 400
    form = reply.context["forms"][typed["action"]]
    assert field in form.errors
    assert all(form[name].value() == value for name, value in typed.items() if name != "action")
    follow_up.refresh_from_db()
    assert (follow_up.version, follow_up.steps.count()) == (1, 0)


def test_two_people_at_once_one_wins_and_the_other_keeps_what_they_typed(desk, amra):
    follow_up = FollowUpFactory(owner=amra, version=2)

    reply = desk.post(page_of(follow_up), {"action": "note", "version": 1, "text": "A long story"})

    assert reply.status_code == 409
    html = reply.content.decode()
    assert "A long story" in html
    assert "Somebody else changed this follow-up" in html
    assert follow_up.steps.count() == 0

    desk.post(page_of(follow_up), {"action": "note", "version": 2, "text": "A long story"})
    assert follow_up.steps.get().text == "A long story"


@pytest.mark.parametrize("action", ["", "delete", "__class__"])
def test_an_unknown_action_is_refused(desk, amra, action):
    assert desk.post(page_of(FollowUpFactory(owner=amra)), {"action": action}).status_code == 400


@pytest.mark.parametrize("roles", [[], ["Loyalty"], ["Marketing"]])
def test_a_stranger_is_kept_out(client, roles):
    follow_up = FollowUpFactory()
    client.force_login(UserFactory(roles=roles))

    assert client.get(reverse(INBOX)).status_code == 403
    assert client.get(page_of(follow_up)).status_code == 403
    assert client.post(page_of(follow_up), {"action": "take", "version": 1}).status_code == 403
    take = reverse("admin:followups_take", args=[follow_up.pk])
    assert client.post(take, {"version": 1}).status_code == 403
    assert FollowUp.objects.get().version == 1


def test_an_analyst_reads_and_changes_nothing(client):
    follow_up = FollowUpFactory()
    client.force_login(UserFactory(roles=["Analysts"]))

    html = client.get(page_of(follow_up)).content.decode()
    refused = client.post(page_of(follow_up), {"action": "take", "version": 1})

    assert 'name="action"' not in html
    assert refused.status_code == 403
    assert FollowUp.objects.get().version == 1


def test_without_a_login_there_is_the_login_page(client):
    assert client.get(reverse(INBOX)).url.startswith(reverse("admin:login"))


def test_looking_things_up_leads_to_the_working_page(desk):
    follow_up = FollowUpFactory()

    assert desk.get(reverse("admin:followups_followup_changelist")).status_code == 200
    assert desk.get(reverse("admin:followups_followup_change", args=[follow_up.pk])).url == page_of(follow_up)


def test_a_threshold_at_the_top_of_the_scale_is_refused(client):
    client.force_login(UserFactory(is_superuser=True))
    survey, team = SurveyFactory(questions=["csat"]), TeamFactory()

    reply = client.post(
        reverse("admin:followups_followuprule_add"),
        {"signal": "answer", "survey": survey.pk, "threshold": 5, "team": team.pk, "business_hours": 8},
    )

    assert "The highest score of this survey is 5" in reply.content.decode()
