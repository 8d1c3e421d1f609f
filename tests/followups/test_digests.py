"""One mail a day for who wants it: everything in it once, the most urgent first, and nothing on a quiet day."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from events.models import Event
from followups.alerts.messages import alert_of_unknown
from followups.holdings import forget_messages
from followups.models import DigestEntry, FollowUp
from followups.reactions import alert_owner
from followups.working.digests import last_strike, send_digest, send_digests
from followups.working.escalation import escalate_overdue
from followups.working.promises import promise, remind_of_promises
from staff.mails import send_staff_mails
from staff.models import Notification, StaffMail, User
from staff.units import create_unit
from tests.conftest import NOON
from tests.factories.customers import CustomerFactory
from tests.factories.followups import FollowUpFactory, FollowUpRuleFactory, MessageFactory
from tests.factories.staff import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
NEXT_8 = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)  # eight in Sarajevo
DAILY = {"mails": "daily", "mails_hour": 8}


def opened(owner, *, at=NOON, **fields):
    row = FollowUpFactory(owner=owner, **{"opened_at": at, "due_at": at + 2 * DAY} | fields)
    alert_owner([Event(type="followups.follow_up_opened", subject=row.pk, at=at)])
    return row


def mails():
    return list(StaffMail.objects.order_by("pk").values_list("user__username", "subject"))


def test_what_happened_comes_once_in_one_mail_sorted_by_the_time_left(settings):
    settings.PUBLIC_BASE_URL = "https://cx.example"
    amra = UserFactory(username="amra", **DAILY)
    ana, boris = (
        CustomerFactory(first_name="Ana", last_name=""),
        CustomerFactory(first_name="Boris", last_name=""),
    )
    later = opened(amra, survey_response__customer=ana)
    sooner = opened(amra, survey_response__customer=boris, due_at=NOON + HOUR)

    sent = [send_digests(at=each) for each in (NOON + HOUR, NEXT_8 - MINUTE, NEXT_8, NEXT_8 + MINUTE)]

    assert sent == [0, 0, 1, 0]
    [digest] = StaffMail.objects.all()
    assert (digest.subject, digest.due_at) == ("2 follow-ups wait for you", NEXT_8)
    page = "https://cx.example/admin/followups/followup"
    assert digest.body == (
        "What happened since your last mail and still waits, the most urgent first:\n\n"
        "Overdue: Boris gave 2/10\n"
        f"Owner: {amra} · due: 4 March 2026, 14:00\n"
        f"{page}/{sooner.pk}/\n\n"
        "Ana gave 2/10: please get in touch\n"
        f"Owner: {amra} · due: 6 March 2026, 13:00\n"
        f"{page}/{later.pk}/\n\n"
        "You chose one mail a day. Change it here: https://cx.example/admin/staff/notification/mails/\n"
    )
    assert Notification.objects.filter(user=amra).count() == 2  # the bell rang at once
    send_staff_mails(at=NEXT_8)
    assert [each.to for each in mail.outbox] == [[amra.email]]


@pytest.mark.parametrize(
    ("chosen", "now", "in_the_morning"),
    [
        ({"mails": "at_once"}, 1, 0),
        (DAILY, 0, 1),
        ({"mails": "none"}, 0, 0),
    ],
)
def test_each_is_told_as_they_chose(chosen, now, in_the_morning):
    opened(UserFactory(**chosen))

    assert (StaffMail.objects.count(), send_digests(at=NEXT_8)) == (now, in_the_morning)
    assert Notification.objects.count() == 1


@pytest.mark.parametrize("mails", ["daily", "none"])
@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_overdue_comes_at_once_to_the_lead_who_wants_it(mails, at_once):
    lead = UserFactory(mails=mails, escalations_at_once=at_once)
    late = FollowUpFactory(rule=FollowUpRuleFactory(team=TeamFactory(lead=lead)), due_at=NOON - HOUR)

    escalate_overdue(at=NOON)

    assert StaffMail.objects.filter(user=lead, subject="1 follow-up is overdue").count() == at_once
    kept = [] if at_once or mails == "none" else [(lead.pk, late.pk)]
    assert list(DigestEntry.objects.values_list("user", "follow_up")) == kept


def test_what_needs_nobody_any_more_is_not_told():
    amra = UserFactory(**DAILY)
    resolved, waits, of_another = (opened(amra) for _ in range(3))
    FollowUp.objects.filter(pk=resolved.pk).update(state="resolved")
    FollowUp.objects.filter(pk=waits.pk).update(state="waiting")
    FollowUp.objects.filter(pk=of_another.pk).update(owner=UserFactory())

    assert send_digests(at=NEXT_8) == 0
    assert (StaffMail.objects.count(), DigestEntry.objects.count()) == (0, 0)


def test_who_was_called_and_waits_for_an_end_is_told_so():
    amra = UserFactory(**DAILY)
    row = opened(amra, state="contacted", contacted_at=NOON)

    send_digests(at=NEXT_8)

    assert f"It waits for an end: {row.customer} gave 2/10\n" in StaffMail.objects.get().body


@pytest.mark.parametrize("mails", ["none", "daily"])
def test_a_promise_mails_nobody_at_once_who_wants_no_mails_at_once(mails):
    amra = UserFactory(mails=mails, mails_hour=8)
    row = FollowUpFactory(owner=amra, state="resolved", resolved_at=NOON)
    today = NEXT_8.date()
    promise(follow_up=row, by=amra, text="a new router", due_date=today, at=NOON, today=NOON.date())

    remind_of_promises(at=NEXT_8 - MINUTE, today=today)
    at_once = StaffMail.objects.count()
    send_digests(at=NEXT_8)

    assert at_once == 0
    told = ["Promised for 5 Mar" in body for body in StaffMail.objects.values_list("body", flat=True)]
    assert told == ([True] if mails == "daily" else [])
    assert Notification.objects.filter(user=amra).count() == 1


@pytest.mark.parametrize(("mails", "sent"), [("at_once", 1), ("none", 0), ("daily", 0)])
def test_what_became_of_a_message_is_mailed_as_each_likes_it(mails, sent):
    message = MessageFactory(follow_up=FollowUpFactory(owner=UserFactory(mails=mails)), state="unknown")

    alert_of_unknown(message=message, at=NOON)

    assert StaffMail.objects.count() == sent
    assert DigestEntry.objects.count() == (mails == "daily")
    assert Notification.objects.count() == 1


def test_a_quiet_day_sends_nothing():
    UserFactory(**DAILY)

    assert send_digests(at=NEXT_8) == 0
    assert StaffMail.objects.count() == 0


def test_what_is_noticed_late_waits_for_the_next_mail():
    amra = UserFactory(**DAILY)
    opened(amra)
    send_digests(at=NEXT_8)
    opened(amra, at=NEXT_8 - MINUTE)  # delivered after the mail was written

    assert [send_digests(at=NEXT_8 + HOUR), send_digests(at=NEXT_8 + DAY)] == [0, 1]
    assert StaffMail.objects.count() == 2


def test_a_worker_killed_half_way_loses_nothing_and_tells_nothing_twice():
    amra = UserFactory(**DAILY)
    opened(amra)

    class Killed(Exception):
        pass

    with pytest.raises(Killed), transaction.atomic():
        send_digest(to=amra, at=NEXT_8)
        raise Killed

    assert (StaffMail.objects.count(), DigestEntry.objects.count()) == (0, 1)
    assert send_digests(at=NEXT_8) == 1
    assert (StaffMail.objects.count(), DigestEntry.objects.count()) == (1, 0)


def test_who_chooses_mails_at_once_meanwhile_gets_what_was_kept_now():
    amra, boris = UserFactory(**DAILY), UserFactory(**DAILY)
    opened(amra)
    opened(boris)
    User.objects.filter(pk=amra.pk).update(mails="at_once")
    User.objects.filter(pk=boris.pk).update(mails="none")

    assert send_digests(at=NOON + MINUTE) == 1
    assert mails() == [(amra.username, "1 follow-up waits for you")]
    assert DigestEntry.objects.count() == 0


def test_of_very_many_twenty_are_listed_with_a_way_to_all():
    amra = UserFactory(**DAILY)
    for _ in range(21):
        opened(amra)

    send_digests(at=NEXT_8)

    [digest] = StaffMail.objects.all()
    assert digest.subject == "21 follow-ups wait for you"
    assert digest.body.count("please get in touch") == 20
    assert "All of them: " in digest.body


def test_a_reader_reads_their_language_and_of_nobody_they_may_not_see():
    brand = create_unit(name="Meridian", kind="brand")
    shop = create_unit(name="Zenica", kind="location", parent=brand)
    mira = UserFactory(language="ru", **DAILY)
    here = opened(mira, survey_response__customer=CustomerFactory(unit=shop))
    opened(mira, survey_response__customer=CustomerFactory(unit=brand))
    User.objects.filter(pk=mira.pk).update(unit=shop)

    send_digests(at=NEXT_8)

    [digest] = StaffMail.objects.all()
    assert digest.body.count("/admin/followups/followup/") == 1
    assert f"/followup/{here.pk}/" in digest.body
    assert "Ответственный: " in digest.body


def test_of_somebody_erased_no_digest_is_kept():
    amra = UserFactory(**DAILY)
    opened(amra)
    second = opened(amra)
    send_digests(at=NEXT_8)

    forget_messages(second.pk)

    assert StaffMail.objects.count() == 0


@pytest.mark.parametrize(
    ("hour", "at", "struck"),
    [
        (8, NEXT_8, NEXT_8),
        (8, NEXT_8 - MINUTE, NEXT_8 - DAY),
        (0, NOON, datetime(2026, 3, 3, 23, 0, tzinfo=UTC)),
        (
            2,
            datetime(2026, 3, 29, 10, 0, tzinfo=UTC),
            datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        ),  # it never struck
        (
            2,
            datetime(2026, 10, 25, 10, 0, tzinfo=UTC),
            datetime(2026, 10, 25, 0, 0, tzinfo=UTC),
        ),  # the first of two
    ],
)
def test_the_hour_is_that_of_the_organisations_clock(hour, at, struck):
    assert last_strike(hour, at=at).astimezone(UTC) == struck


@given(hour=st.integers(0, 23), at=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)))
def test_the_hour_struck_within_the_last_day(hour, at):
    at = at.replace(tzinfo=UTC)

    struck = last_strike(hour, at=at)

    assert timedelta() <= at - struck.astimezone(UTC) <= timedelta(hours=25)
    assert (struck.hour, struck.minute) == (hour, 0)


def test_everybody_chooses_for_themselves(client):
    amra, other = UserFactory(), UserFactory()
    client.force_login(amra)
    page = reverse("admin:staff_mail_choice")
    assert page in client.get(reverse("admin:staff_notifications")).content.decode()
    assert "Each at once" in client.get(page).content.decode()

    reply = client.post(page, {"mails": "daily", "hour": "17"})

    assert reply.url == page
    chosen = User.objects.values_list("mails", "mails_hour", "escalations_at_once")
    assert (chosen.get(pk=amra.pk), chosen.get(pk=other.pk)) == (("daily", 17, False), ("at_once", 8, True))


@pytest.mark.parametrize("wrong", [{"mails": "hourly", "hour": "8"}, {"mails": "daily", "hour": "24"}, {}])
def test_what_cannot_be_chosen_changes_nothing(client, wrong):
    amra = UserFactory()
    client.force_login(amra)

    page = client.post(reverse("admin:staff_mail_choice"), wrong)

    assert (page.status_code, page.context["form"].is_valid()) == (200, False)
    amra.refresh_from_db()
    assert (amra.mails, amra.mails_hour, amra.escalations_at_once) == ("at_once", 8, True)


def test_writing_them_needs_as_many_queries_for_three_as_for_one(django_assert_num_queries):
    amra = UserFactory(**DAILY)
    for day, n in enumerate((1, 3)):
        for _ in range(n):
            opened(amra, at=NOON + day * DAY, due_at=NOON + 9 * DAY)
        with django_assert_num_queries(9):
            assert send_digests(at=NEXT_8 + day * DAY) == 1
