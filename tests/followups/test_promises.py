"""Checklists from playbooks, promises with a day, goodwill, mentions, merging."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from customers.merging.merges import merge as merge_customers
from events.delivery import deliver_events
from events.publishing import publish
from followups.models import FollowUp, FollowUpTask, Goodwill, GoodwillLimit, Playbook
from followups.working.goodwill import AboveAllowance, NobodyToGive, allowance_of, grant_goodwill
from followups.working.mentions import mentioned_in
from followups.working.merging import NotTheSameCustomer, merge
from followups.working.promises import PromiseInThePast, finish_task, promise, remind_of_promises
from followups.working.steps import AlreadyResolved, ChangedMeanwhile, add_note, resolve
from loyalty.models import Entry
from staff.models import Notification, StaffMail
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, MessageFactory, RootCauseFactory
from tests.factories.loyalty import AccountFactory, ProgramFactory
from tests.factories.staff import TeamFactory, UserFactory
from tests.factories.surveys import SurveyResponseFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = NOON.date()


@pytest.fixture
def amra():
    return UserFactory(username="amra", roles=["Support"], first_name="Amra", last_name="Begić")


@pytest.fixture
def desk(client, amra):
    client.force_login(amra)
    return client


def page_of(follow_up):
    return reverse("admin:followups_follow_up", args=[follow_up.pk])


def steps_of(follow_up):
    return list(follow_up.steps.values_list("kind", "text"))


class TestPlaybooks:
    def test_each_follow_up_gets_the_steps_as_they_stand_then(self, amra):
        playbook = Playbook.objects.create(name="Broken parcel")
        for place, text in enumerate(["Say sorry", "Send another", "Call in a week"]):
            playbook.steps.create(position=place, text=text)
        FollowUpRuleFactory(survey=None, threshold=None, playbook=playbook, team=TeamFactory(members=[amra]))
        response = SurveyResponseFactory(score=1)

        publish("surveys.response_submitted", subject=response.pk, at=NOON)
        deliver_events(at=NOON)
        playbook.steps.all().delete()

        assert list(FollowUp.objects.get().tasks.values_list("kind", "text", "done_at")) == [
            ("step", "Say sorry", None),
            ("step", "Send another", None),
            ("step", "Call in a week", None),
        ]

    def test_a_step_is_ticked_off_once(self, desk, amra):
        follow_up = FollowUpFactory()
        task = follow_up.tasks.create(kind="step", text="Say sorry")

        first = desk.post(page_of(follow_up), {"action": "done", "task": task.pk})
        second = desk.post(page_of(follow_up), {"action": "done", "task": task.pk})

        task.refresh_from_db()
        assert (first.status_code, second.status_code) == (302, 400)
        assert "Somebody ticked it off before you." in second.content.decode()
        assert task.done_by == amra
        assert steps_of(follow_up) == [("done", "Say sorry")]

    def test_a_step_of_another_follow_up_is_not_found(self, desk):
        mine, other = FollowUpFactory(), FollowUpFactory()
        task = other.tasks.create(kind="step", text="Say sorry")

        reply = desk.post(page_of(mine), {"action": "done", "task": task.pk})

        assert reply.status_code == 400
        assert FollowUpTask.objects.open().count() == 1


class TestPromises:
    def test_who_clicks_twice_promises_once(self, amra):
        follow_up = FollowUpFactory()
        made = [
            promise(follow_up=follow_up, by=amra, text=text, due_date=TODAY + DAY, at=NOON, today=TODAY)
            for text in ("A new router", "A new router", "A call")
        ]

        assert made[0] == made[1] != made[2]
        assert follow_up.tasks.count() == follow_up.steps.count() == 2

    def test_the_owner_is_reminded_once_on_its_day(self, amra):
        follow_up = FollowUpFactory(owner=amra)
        promise(follow_up=follow_up, by=amra, text="New router", due_date=TODAY + DAY, at=NOON, today=TODAY)

        told = [remind_of_promises(at=NOON + n * DAY, today=TODAY + n * DAY) for n in (0, 1, 2)]

        assert told == [0, 1, 0]
        notification = Notification.objects.get(user=amra)
        assert notification.title.startswith("Promised for ")
        assert notification.title.endswith(": New router")
        assert StaffMail.objects.count() == 1

    def test_it_is_kept_or_nobody_is_reminded_of_it(self, amra):
        follow_up = FollowUpFactory(owner=amra)
        task = promise(follow_up=follow_up, by=amra, text="Router", due_date=TODAY, at=NOON, today=TODAY)

        assert finish_task(task=task, by=amra, at=NOON)
        assert not finish_task(task=task, by=amra, at=NOON)

        assert remind_of_promises(at=NOON, today=TODAY) == 0
        assert steps_of(follow_up) == [("promised", f"Router\n{TODAY}"), ("done", "Router")]

    def test_nobody_promises_yesterday(self, amra):
        with pytest.raises(PromiseInThePast):
            promise(
                follow_up=FollowUpFactory(),
                by=amra,
                text="Router",
                due_date=TODAY - DAY,
                at=NOON,
                today=TODAY,
            )

        assert FollowUpTask.objects.count() == 0

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"promised": "Router"}, "promised_for"),
            ({"promised_for": "2999-01-01"}, "promised"),
            ({"promised": "Router", "promised_for": "2020-01-01"}, "promised_for"),
            ({"promised": "Router", "promised_for": "soon"}, "promised_for"),
        ],
    )
    def test_resolving_with_half_a_promise_changes_nothing_and_keeps_what_was_typed(
        self, desk, amra, typed, field
    ):
        follow_up = FollowUpFactory(owner=amra)
        cause = RootCauseFactory()
        whole = {"action": "resolve", "version": 1, "root_cause": cause.pk, "outcome": "solved", **typed}

        reply = desk.post(page_of(follow_up), whole)

        form = reply.context["forms"]["resolve"]
        assert (reply.status_code, list(form.errors)) == (400, [field])
        assert form["promised"].value() == typed.get("promised")
        follow_up.refresh_from_db()
        assert (follow_up.state, follow_up.tasks.count(), follow_up.steps.count()) == ("open", 0, 0)

    def test_resolving_with_a_promise(self, desk, amra):
        follow_up = FollowUpFactory(owner=amra)
        day = timezone.localdate() + DAY

        desk.post(
            page_of(follow_up),
            {
                "action": "resolve",
                "version": 1,
                "root_cause": RootCauseFactory().pk,
                "outcome": "solved",
                "promised": "Router",
                "promised_for": str(day),
            },
        )

        follow_up.refresh_from_db()
        assert follow_up.state == "resolved"
        assert list(follow_up.tasks.values_list("kind", "text", "due_date")) == [("promise", "Router", day)]


class TestGoodwill:
    @pytest.fixture
    def limited(self, amra):
        support, lead = Group.objects.get(name="Support"), Group.objects.create(name="Lead")
        GoodwillLimit.objects.create(role=support, points_each=100, points_month=150)
        GoodwillLimit.objects.create(role=lead, points_each=5000, points_month=9000)
        return amra

    def test_points_reach_the_ledger_once_with_the_follow_up_as_their_source(self, limited):
        follow_up = FollowUpFactory()
        account = AccountFactory(customer=follow_up.customer)

        goodwill = grant_goodwill(follow_up=follow_up, by=limited, points=80, at=NOON)
        publish(
            "followups.goodwill_granted",
            subject=goodwill.pk,
            at=NOON,
            customer=follow_up.customer_id,
            points=80,
            follow_up=follow_up.pk,
        )
        for _time in range(3):
            deliver_events(at=NOON)

        goodwill.refresh_from_db()
        account.refresh_from_db()
        assert (goodwill.state, account.balance) == ("posted", 80)
        assert list(Entry.objects.values_list("source", "note")) == [
            (f"goodwill:{goodwill.pk}", f"#{follow_up.pk}")
        ]
        assert steps_of(follow_up) == [("goodwill", "80 points")]

    def test_who_is_in_no_program_is_enrolled_where_that_happens_by_itself(self, limited):
        program = ProgramFactory(auto_enrol=True)
        follow_up = FollowUpFactory()

        grant_goodwill(follow_up=follow_up, by=limited, points=10, at=NOON)
        deliver_events(at=NOON)
        deliver_events(at=NOON)

        assert program.accounts.get(customer=follow_up.customer).balance == 10

    def test_who_may_grant_no_points_may_still_grant_a_voucher(self, desk):
        follow_up = FollowUpFactory()

        page = desk.get(page_of(follow_up)).text
        desk.post(page_of(follow_up), {"action": "goodwill", "voucher": "The next repair is free"})

        assert 'name="voucher"' in page
        assert 'name="points"' not in page
        assert "You may grant up to" not in page
        assert follow_up.goodwill.get().voucher == "The next repair is free"

    def test_who_clicks_twice_gives_once(self, limited):
        follow_up = FollowUpFactory()

        first, again, later = (
            grant_goodwill(follow_up=follow_up, by=limited, points=50, at=NOON + timedelta(seconds=seconds))
            for seconds in (0, 1, 60)
        )

        assert (first, Goodwill.objects.count()) == (again, 2)
        assert later != first

    def test_points_on_their_way_follow_a_customer_into_a_merge(self, limited):
        kept = AccountFactory(program=ProgramFactory())
        follow_up = FollowUpFactory()

        grant_goodwill(follow_up=follow_up, by=limited, points=50, at=NOON)
        merge_customers(kept=kept.customer, merged=follow_up.customer, by=limited, at=NOON)
        deliver_events(at=NOON)

        assert (Goodwill.objects.get().state, Entry.objects.get().account) == ("posted", kept)

    def test_without_any_program_it_is_said_and_the_allowance_comes_back(self, limited):
        goodwill = grant_goodwill(follow_up=FollowUpFactory(), by=limited, points=100, at=NOON)
        deliver_events(at=NOON)
        deliver_events(at=NOON)

        goodwill.refresh_from_db()
        assert goodwill.state == "refused"
        assert allowance_of(limited, at=NOON).left == 150

    @pytest.mark.parametrize(("first", "points", "most"), [(0, 101, 100), (100, 60, 50), (100, 51, 50)])
    def test_more_than_the_role_allows_is_refused(self, limited, first, points, most):
        if first:
            grant_goodwill(follow_up=FollowUpFactory(), by=limited, points=first, at=NOON)
        follow_up = FollowUpFactory()

        with pytest.raises(AboveAllowance) as refused:
            grant_goodwill(follow_up=follow_up, by=limited, points=points, at=NOON)

        assert refused.value.most == most
        assert follow_up.goodwill.count() == follow_up.steps.count() == 0

    def test_the_month_is_new_every_month_and_the_most_generous_role_counts(self, limited):
        grant_goodwill(follow_up=FollowUpFactory(), by=limited, points=100, at=NOON)

        assert allowance_of(limited, at=NOON + 31 * DAY).left == 150
        limited.groups.add(Group.objects.get(name="Lead"))
        assert (allowance_of(limited, at=NOON).each, allowance_of(limited, at=NOON).left) == (5000, 8900)

    def test_whose_roles_have_no_limit_may_grant_vouchers_only(self, amra):
        with pytest.raises(AboveAllowance):
            grant_goodwill(follow_up=FollowUpFactory(), by=amra, points=1, at=NOON)

        grant_goodwill(follow_up=FollowUpFactory(), by=amra, voucher="Free repair", at=NOON)
        assert Goodwill.objects.get().state == "posted"

    def test_nobody_knows_whom_to_give_it_to(self, limited):
        with pytest.raises(NobodyToGive):
            grant_goodwill(
                follow_up=FollowUpFactory(survey_response__customer=None), by=limited, points=1, at=NOON
            )

    def test_on_the_page_too_much_is_told_and_kept(self, desk, limited):
        follow_up = FollowUpFactory()

        reply = desk.post(page_of(follow_up), {"action": "goodwill", "points": "500", "voucher": "Cake"})

        assert reply.status_code == 400
        assert "You may grant 100 points now." in reply.content.decode()
        assert reply.context["forms"]["goodwill"]["voucher"].value() == "Cake"
        assert Goodwill.objects.count() == 0


class TestMentions:
    def test_those_named_are_told_who_may_see_it(self, amra):
        sara = UserFactory(username="sara", roles=["Support"])
        UserFactory(username="mia")  # may see no follow-ups
        UserFactory(username="gone", roles=["Support"], is_active=False)
        follow_up = FollowUpFactory(
            survey_response__customer=CustomerFactory(first_name="Ana", last_name="Petrović")
        )

        add_note(
            follow_up=follow_up,
            by=amra,
            text="@Sara. do you know her? @mia @gone @amra ana@sara.example",
            at=NOON,
        )

        assert list(Notification.objects.values_list("user", "title")) == [
            (sara.pk, "Amra Begić mentions you: Ana Petrović")
        ]

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("请@sara看看", ["sara"]),
            ("@sarah?", ["sarah"]),
            ("@SARA.", ["sara"]),
            ("سلام @sara، ببین", ["sara"]),
            ("@sara_k", []),
            ("@", []),
            ("ana@sara", []),
            ("(@sara, @sarah)", ["sara", "sarah"]),
        ],
    )
    def test_in_whatever_script_the_note_is_written(self, text, named):
        UserFactory(username="sara")
        UserFactory(username="sarah")

        assert [user.username for user in mentioned_in(text)] == named


class TestMerging:
    def test_everything_stands_in_the_other_whose_clock_runs_on(self, amra):
        kept = FollowUpFactory(opened_at=NOON - 40 * DAY)
        customer = kept.customer
        merged = FollowUpFactory(survey_response__customer=customer)
        merged.tasks.create(kind="step", text="Say sorry")
        written = MessageFactory(follow_up=merged)
        due = kept.due_at

        merge(follow_up=merged, into=kept, by=amra, at=NOON)

        merged.refresh_from_db()
        kept.refresh_from_db()
        assert (merged.state, merged.outcome, merged.merged_into, merged.resolved_at) == (
            "resolved",
            "merged",
            kept,
            NOON,
        )
        assert (kept.state, kept.due_at) == ("open", due)
        assert [joined.survey_response for joined in kept.joined.all()] == [merged.survey_response]
        assert [task.text for task in kept.tasks.all()] == ["Say sorry"]
        assert list(kept.messages.all()) == [written]
        assert (steps_of(merged), steps_of(kept)) == (
            [("merged", f"→ #{kept.pk}")],
            [("merged", f"#{merged.pk}")],
        )

    def test_of_two_acknowledgements_one_stays_behind(self, amra):
        kept = FollowUpFactory()
        merged = FollowUpFactory(survey_response__customer=kept.customer)
        first, second = (MessageFactory(follow_up=each, kind="automatic") for each in (kept, merged))
        written = MessageFactory(follow_up=merged)

        merge(follow_up=merged, into=kept, by=amra, at=NOON)

        assert set(kept.messages.all()) == {first, written}
        assert list(merged.messages.all()) == [second]

    def test_only_those_of_one_customer_that_are_open(self, amra):
        one, stranger = FollowUpFactory(), FollowUpFactory()
        closed = FollowUpFactory(survey_response__customer=one.customer)
        resolve(follow_up=closed, by=amra, root_cause=RootCauseFactory(), outcome="solved", at=NOON)
        anonymous = [FollowUpFactory(survey_response__customer=None) for _each in range(2)]

        for this, into in ((one, stranger), (one, one), anonymous):
            with pytest.raises(NotTheSameCustomer):
                merge(follow_up=this, into=into, by=amra, at=NOON)
        with pytest.raises(AlreadyResolved):
            merge(follow_up=one, into=closed, by=amra, at=NOON)

        assert FollowUp.objects.filter(merged_into__isnull=False).count() == 0
        one.refresh_from_db()
        assert one.state == "open"

    def test_somebody_changed_it_meanwhile(self, amra):
        kept = FollowUpFactory()
        merged = FollowUpFactory(survey_response__customer=kept.customer, version=4)

        with pytest.raises(ChangedMeanwhile):
            merge(follow_up=merged, into=kept, by=amra, at=NOON, seen_version=3)

    def test_what_was_merged_is_not_opened_again(self, desk, amra):
        kept = FollowUpFactory()
        merged = FollowUpFactory(survey_response__customer=kept.customer)
        merge(follow_up=merged, into=kept, by=amra, at=NOON)
        page = desk.get(page_of(merged))

        reply = desk.post(page_of(merged), {"action": "reopen", "version": 2})

        assert reply.status_code == 409
        assert "Open again" not in page.content.decode()
        merged.refresh_from_db()
        assert (merged.state, merged.leg, merged.merged_into) == ("resolved", 1, kept)

    def test_the_page_offers_it(self, desk):
        kept = FollowUpFactory()
        merged = FollowUpFactory(survey_response__customer=kept.customer)
        page = desk.get(page_of(merged))

        reply = desk.post(page_of(merged), {"action": "merge", "version": 1, "into": kept.pk})

        assert "Also open for this customer" in page.content.decode()
        assert reply.status_code == 302
        assert FollowUp.objects.get(pk=merged.pk).merged_into == kept
