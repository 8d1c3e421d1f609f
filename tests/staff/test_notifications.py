import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.urls import reverse

from staff.mails import send_staff_mails
from staff.models import Notification, StaffMail
from staff.notifications import mark_read, notify, post_mails
from staff.outgoing import try_again
from staff.views import PAGE
from tests.conftest import NOON
from tests.factories.staff import UserFactory

pytestmark = pytest.mark.django_db
NOTIFICATIONS = "admin:staff_notifications"


def tell(*users, source="source:1", **fields):
    told = {"title": "Look here", "body": "Why", "url": "/admin/", "at": NOON} | fields
    notify(users=users, source=source, **told)


def test_told_twice_is_told_once():
    amra, boris = UserFactory.create_batch(2)

    tell(amra)
    tell(amra, boris, title="Something else")

    assert list(Notification.objects.order_by("user").values_list("user", "title")) == [
        (amra.pk, "Look here"),
        (boris.pk, "Something else"),
    ]


def test_a_title_is_one_line_that_fits():
    tell(UserFactory(), title="One\r\ntwo " + "x" * 300)

    title = Notification.objects.get().title
    assert title.startswith("One two x")
    assert len(title) == 200


def test_the_page_shows_only_ones_own_and_the_bell_counts_the_unread(client):
    amra = UserFactory()
    tell(amra, UserFactory(), title="<b>Look</b>")
    tell(UserFactory(), source="source:2", title="Not for Amra")
    client.force_login(amra)

    html = client.get(reverse(NOTIFICATIONS)).content.decode()

    assert "&lt;b&gt;Look&lt;/b&gt;" in html
    assert "Not for Amra" not in html
    assert ">1<" in client.get(reverse("admin:staff_bell")).content.decode()


def test_opening_one_reads_it_and_leads_to_what_it_is_about(client):
    amra = UserFactory()
    tell(amra, url="/admin/followups/followup/7/")
    client.force_login(amra)

    reply = client.get(reverse("admin:staff_notification", args=[Notification.objects.get().pk]))

    assert reply.url == "/admin/followups/followup/7/"
    assert Notification.objects.unread().count() == 0
    assert client.get(reverse("admin:staff_bell")).content.strip() == b""


def test_nobody_opens_or_reads_anothers(client):
    tell(UserFactory())
    client.force_login(UserFactory())

    assert (
        client.get(reverse("admin:staff_notification", args=[Notification.objects.get().pk])).status_code
        == 404
    )
    client.post(reverse("admin:staff_notifications_read"))
    assert Notification.objects.unread().count() == 1


@pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_a_notification_never_leads_away(client, url):
    amra = UserFactory()
    tell(amra, url=url)
    client.force_login(amra)

    reply = client.get(reverse("admin:staff_notification", args=[Notification.objects.get().pk]))

    assert reply.url == reverse(NOTIFICATIONS)


def test_marking_all_as_read_needs_a_click(client):
    amra = UserFactory()
    tell(amra)
    client.force_login(amra)

    assert client.get(reverse("admin:staff_notifications_read")).status_code == 405
    client.post(reverse("admin:staff_notifications_read"))
    assert Notification.objects.unread().count() == 0
    assert mark_read(notifications=Notification.objects.all(), at=NOON) == 0


def test_older_ones_stand_on_the_next_page(client):
    amra = UserFactory()
    for n in range(PAGE + 2):
        tell(amra, source=f"source:{n}", at=NOON + timedelta(minutes=n // 2))
    client.force_login(amra)

    first = client.get(reverse(NOTIFICATIONS)).context
    rest = client.get(reverse(NOTIFICATIONS), {"before": first["older"]}).context

    shown = [*first["notifications"], *rest["notifications"]]
    assert shown == list(Notification.objects.all())
    assert rest["older"] is None


@pytest.mark.parametrize("before", ["x", "0", "9" * 30])
def test_a_page_that_does_not_exist_is_the_first_one(client, before):
    amra = UserFactory()
    tell(amra)
    client.force_login(amra)

    assert len(client.get(reverse(NOTIFICATIONS), {"before": before}).context["notifications"]) == 1


def test_the_notifications_need_as_many_queries_for_three_as_for_one(client, django_assert_num_queries):
    amra = UserFactory(is_superuser=True)
    client.force_login(amra)
    tell(amra)
    client.get(reverse(NOTIFICATIONS))
    with django_assert_num_queries(4):
        client.get(reverse(NOTIFICATIONS))

    tell(amra, source="source:2")
    tell(amra, source="source:3")
    with django_assert_num_queries(4):
        client.get(reverse(NOTIFICATIONS))


def post(user, **fields):
    post_mails([StaffMail(user=user, source="source:1", subject="Look", body="Here", due_at=NOON, **fields)])


def test_a_mail_to_staff_leaves_once():
    amra = UserFactory(email="amra@meridian.example")
    post(amra)
    post(amra)

    assert [send_staff_mails(at=NOON), send_staff_mails(at=NOON)] == [1, 0]
    assert [message.to for message in mail.outbox] == [["amra@meridian.example"]]
    assert (StaffMail.objects.get().state, StaffMail.objects.get().sent_at) == ("sent", NOON)


class AwayServer(EmailBackend):
    """A mail server that refuses Boris."""

    def send_messages(self, messages):
        if "boris@meridian.example" in messages[0].to:
            raise smtplib.SMTPServerDisconnected("away")
        return super().send_messages(messages)


def test_a_refused_mail_holds_up_nobody_is_tried_again_and_at_last_given_up(settings):
    settings.EMAIL_BACKEND = "tests.staff.test_notifications.AwayServer"
    post(UserFactory(email="boris@meridian.example"))
    post(UserFactory(email="amra@meridian.example"))

    assert send_staff_mails(at=NOON) == 1
    boris = StaffMail.objects.get(user__email="boris@meridian.example")
    assert (boris.state, boris.attempts, boris.due_at) == ("waiting", 1, NOON + timedelta(minutes=1))
    assert boris.error == "SMTPServerDisconnected: away"

    for days in range(1, 5):
        send_staff_mails(at=NOON + timedelta(days=days))
    boris.refresh_from_db()
    assert (boris.state, boris.attempts) == ("failed", 5)

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert try_again(messages=StaffMail.objects.all(), at=NOON) == 1
    assert send_staff_mails(at=NOON) == 1
