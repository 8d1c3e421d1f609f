from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse

from mail.backend import NotSent, PostOfficeBackend
from mail.messages import Ending, Message
from mail.models import KeptMail
from mail.post import post_office
from mail.smtp.line import doubled_dots
from mail.smtp.lines import Lines
from mail.smtp.server import Server
from tests.factories.staff import UserFactory
from tests.sink import running_sink

CONTENT = b"Subject: A word?\r\nMessage-ID: <1>\r\n\r\nHello"  # no line end: it is put there


def letter(**fields):
    mail = EmailMultiAlternatives(
        "Čestitke", "Zdravo\n.dot", "CX <cx@example.com>", ["ana@example.com"], **fields
    )
    mail.attach_alternative("<p>Zdravo</p>", "text/html")
    return mail


@pytest.mark.django_db
def test_without_a_mail_server_every_mail_stays_on_the_outbox_page():
    assert PostOfficeBackend().send_messages([letter(cc=["bo@example.com"])]) == 1

    assert sorted(KeptMail.objects.values_list("recipient", "subject")) == [
        ("ana@example.com", "Čestitke"),
        ("bo@example.com", "Čestitke"),
    ]
    kept = message_from_bytes(bytes(KeptMail.objects.first().message), policy=default)
    assert kept.get_body(("plain",)).get_content().split() == ["Zdravo", ".dot"]


@pytest.mark.django_db(transaction=True)
def test_a_refused_mail_is_an_error_for_who_sent_it(tmp_path: Path, settings):
    with running_sink(tmp_path / "log", "--refuse", "ana") as sink:
        settings.EMAIL_URL = sink.url
        with pytest.raises(NotSent, match="550 no such person"):
            PostOfficeBackend().send_messages([letter()])
        assert PostOfficeBackend(fail_silently=True).send_messages([letter()]) == 0


@pytest.mark.django_db(transaction=True)
def test_nobody_talks_to_a_mail_server_inside_a_transaction():
    with transaction.atomic(), pytest.raises(RuntimeError), post_office():
        pass


def test_lines_are_kept_open_and_tell_each_ending_apart(tmp_path: Path):
    with running_sink(tmp_path / "log", "--refuse", "nobody") as sink:
        lines = Lines(Server.at(sink.url), connections=2, timeout=timedelta(seconds=5))
        for n in range(3):
            outcomes = lines.hand_over(
                [
                    Message("cx@example.com", name, CONTENT)
                    for name in (f"ana{n}@example.com", "nobody@example.com")
                ]
            )
            assert [outcome.ending for outcome in outcomes] == [Ending.ACCEPTED, Ending.REFUSED]
        lines.close()
        assert sink.accepted() == ["ana0@example.com", "ana1@example.com", "ana2@example.com"]


def test_dots_that_would_end_the_mail_are_doubled():
    assert doubled_dots(b".a\r\n.\r\nb.\r\n") == b"..a\r\n..\r\nb.\r\n"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", Server(scheme="smtp", host="mail.example", port=25)),
        (
            "smtp+tls://me%40x:p%3Aw@mail.example",
            Server(scheme="smtp+tls", host="mail.example", port=587, user="me@x", password="p:w"),
        ),
        ("smtps://mail.example:999", Server(scheme="smtps", host="mail.example", port=999)),
    ],
)
def test_where_mails_are_handed_in(url, expected):
    assert Server.at(url) == expected


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://x:port", "mail.example"])
def test_a_bad_address_of_a_mail_server_is_refused_by_name(url):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL"):
        Server.at(url)


@pytest.mark.django_db
def test_staff_read_kept_mails_and_their_html_can_run_nothing(client):
    PostOfficeBackend().send_messages([letter()])
    kept = KeptMail.objects.get()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))

    assert "Čestitke" in client.get(reverse("admin:mail_keptmail_changelist")).text
    assert "Zdravo" in client.get(reverse("admin:mail_read", args=[kept.pk])).text
    html = client.get(reverse("admin:mail_html", args=[kept.pk]))
    assert "sandbox" in html["Content-Security-Policy"]
    assert "default-src 'none'" in html["Content-Security-Policy"]

    client.force_login(UserFactory(is_staff=True))
    assert client.get(reverse("admin:mail_read", args=[kept.pk])).status_code == 403
    assert client.get(reverse("admin:mail_html", args=[kept.pk])).status_code == 403
