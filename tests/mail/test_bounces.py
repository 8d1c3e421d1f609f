"""Mails that come back are read from a mailbox: what is a report about one of ours is written down, once."""

from email.message import EmailMessage

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mail.bounces.collecting import read_bounces
from mail.bounces.mailbox import MailboxUnreadable, mailbox_at
from mail.bounces.parsing import reports_in
from mail.keys import message_id_of
from mail.models import DeliveryReport
from mail.reading import Kind
from mail.statuses import kind_of_status
from mail.tasks import read_bounces_task
from tests.conftest import NOON
from tests.imap import running_imap

KEY = "invitation.42.1"


def returned(message_id: str | None = None) -> str:
    return (
        f"From: cx@example.com\r\nTo: ana@example.com\r\nSubject: How are we doing?\r\n"
        f"Message-ID: {message_id or message_id_of(KEY, domain='example.com')}\r\n"
    )


def report(
    kind: str, told: str, *, mail: str | None = None, as_headers: bool = False, number: str = "b1"
) -> bytes:
    """A multipart/report as mail servers write them."""
    part = {"delivery-status": "message/delivery-status", "feedback-report": "message/feedback-report"}[kind]
    third = "text/rfc822-headers" if as_headers else "message/rfc822"
    mail = returned() if mail is None else mail
    body = mail if as_headers else f"{mail}\r\nHello\r\n"
    return (
        f"From: MAILER-DAEMON@mx.example\r\nTo: cx@example.com\r\nSubject: Undelivered\r\nMessage-ID: <{number}@mx>\r\n"
        f"Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="B"\r\n\r\n'
        f"--B\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n\r\n"
        f"--B\r\nContent-Type: {part}\r\n\r\n{told}\r\n\r\n"
        f"--B\r\nContent-Type: {third}\r\n\r\n{body}\r\n--B--\r\n"
    ).encode()


def status(action: str, code: str, diagnostic: str = "") -> str:
    more = f"Diagnostic-Code: {diagnostic}\r\n" if diagnostic else ""
    return (
        "Reporting-MTA: dns; mx.example\r\nArrival-Date: Wed, 4 Mar 2026 12:00:00 +0000\r\n\r\n"
        f"Final-Recipient: rfc822; ana@example.com\r\nAction: {action}\r\nStatus: {code}\r\n{more}"
    )


def kinds(content: bytes) -> list[tuple[str, str]]:
    return [(each.kind.value, each.key) for each in reports_in(content, at=NOON)]


@pytest.mark.parametrize(
    ("action", "code", "diagnostic", "kind"),
    [
        ("failed", "5.1.1", "smtp; 550 5.1.1 <ana@example.com>: no such user", Kind.BOUNCED),
        ("failed", "5.0.0", "smtp; 550 5.1.1 no such user", Kind.BOUNCED),
        ("failed", "5.0.0", "smtp; 552 5.2.2 mailbox full", Kind.UNDELIVERED),
        ("failed", "5.0.0", "", Kind.BOUNCED),
        ("Failed", "5.2.2", "", Kind.UNDELIVERED),
        ("failed", "5.7.1", "smtp; 550 5.7.1 policy", Kind.UNDELIVERED),
        ("failed", "4.4.7", "", Kind.UNDELIVERED),
        ("failed", "2.0.0", "", Kind.UNDELIVERED),
        ("failed", "", "x-unix; who knows", Kind.UNDELIVERED),
        ("failed", "5.4.4", "", Kind.BOUNCED),
        ("delayed", "4.4.1", "", Kind.DELAYED),
        ("delivered", "2.1.5", "", Kind.DELIVERED),
        ("relayed", "2.1.9", "", Kind.SENT),
    ],
)
def test_what_a_status_says(action, code, diagnostic, kind):
    assert kinds(report("delivery-status", status(action, code, diagnostic))) == [(kind.value, KEY)]
    assert kinds(report("delivery-status", status(action, code, diagnostic), as_headers=True)) == [
        (kind.value, KEY)
    ]


@pytest.mark.parametrize(
    ("feedback", "kind"),
    [
        ("abuse", "complained"),
        ("fraud", "complained"),
        ("opt-out", "unsubscribed"),
        ("not-spam", None),
        ("dmarc", None),
    ],
)
def test_what_a_spam_report_says(feedback, kind):
    told = f"Feedback-Type: {feedback}\r\nUser-Agent: FBL/1\r\nVersion: 1\r\nOriginal-Rcpt-To: <ana@example.com>\r\n"

    assert kinds(report("feedback-report", told)) == ([(kind, KEY)] if kind else [])


def test_several_recipients_are_several_facts():
    told = (
        status("failed", "5.1.1")
        + "\r\nFinal-Recipient: rfc822; bo@example.com\r\nAction: delayed\r\nStatus: 4.2.2\r\n"
    )

    assert kinds(report("delivery-status", told)) == [("bounced", KEY), ("delayed", KEY)]


def out_of_office() -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "ana@example.com", "cx@example.com", "Out of office"
    letter["Auto-Submitted"], letter["In-Reply-To"] = "auto-replied", message_id_of(KEY, domain="example.com")
    letter.set_content("I am away. 550 5.1.1")
    return letter.as_bytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff" * 100,
        out_of_office(),
        out_of_office().replace(b"text/plain", b"multipart/report"),
        report("delivery-status", status("failed", "5.1.1"), mail=returned("<invitation.42.1@example.com>")),
        report("delivery-status", status("failed", "5.1.1"), mail=returned(message_id_of(KEY, domain="x").replace("42", "43"))),
        report("delivery-status", status("failed", "5.1.1"), mail=""),
        report("delivery-status", ""),
        report("delivery-status", "no fields here"),
        report("delivery-status", status("exploded", "5.1.1")),
        report("delivery-status", status("failed", "5.1.1")).replace(b"multipart/report", b"multipart/mixed"),
        b"".join(b'Content-Type: multipart/report; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000)),
    ],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_report_about_a_mail_of_ours_says_nothing(content):
    assert kinds(content) == []


@hypothesis_settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_a_broken_report_breaks_nothing(data):
    content = bytearray(report("delivery-status", status("failed", "5.1.1", "smtp; 550 5.1.1 no")))
    for _n in range(data.draw(st.integers(1, 12))):
        start = data.draw(st.integers(0, len(content)))
        content[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))

    for each in reports_in(bytes(content), at=NOON):
        assert each.key == KEY


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("550 5.1.1 no such user", Kind.BOUNCED),
        ("smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound", Kind.BOUNCED),
        ("554 5.7.1 blocked", Kind.UNDELIVERED),
        ("452 4.2.2 full", Kind.UNDELIVERED),
        ("250 2.0.0 OK", Kind.DELIVERED),
        ("550 no such user", Kind.BOUNCED),
        ("421 try later", Kind.UNDELIVERED),
        ("at 10.5.1.1 port 5500", None),
        ("version 15.5.1.1", None),
        ("", None),
    ],
)
def test_what_a_servers_words_say_about_an_address(words, kind):
    assert kind_of_status(words) is kind


MAILS = [
    report(
        "delivery-status", status("failed", "5.1.1", "smtp; 550 5.1.1 <ana@example.com> unknown"), number="b1"
    ),
    out_of_office(),
    report("feedback-report", "Feedback-Type: abuse\r\nUser-Agent: FBL/1\r\n", number="b2"),
    report("delivery-status", status("failed", "5.1.1"), mail=returned("<theirs@example.com>"), number="b3"),
]


def written() -> list[tuple[str, str, str, str]]:
    return list(DeliveryReport.objects.order_by("pk").values_list("provider", "kind", "key", "words"))


BOTH = [
    ("bounce-mailbox", "bounced", KEY, "5.1.1 550 5.1.1 <…@example.com> unknown"),
    ("bounce-mailbox", "complained", KEY, "FBL/1"),
]


@pytest.mark.django_db
def test_new_mails_are_read_once_and_marked_seen(settings):
    with running_imap(MAILS) as box:
        settings.BOUNCE_IMAP_URL = box.url
        assert read_bounces(at=NOON) == 2
        assert (written(), box.seen) == (BOTH, {1, 2, 3, 4})

        assert read_bounces(at=NOON) == 0
        box.mails.append(report("delivery-status", status("failed", "5.1.1"), number="b4"))
        assert read_bounces(at=NOON) == 1
        box.seen.clear()  # as if the mark had been lost
        assert read_bounces(at=NOON) == 0
    assert len(written()) == 3


@pytest.mark.django_db
def test_a_line_that_is_cut_loses_nothing(settings):
    with running_imap(MAILS, hangs_up_after=1) as box:
        settings.BOUNCE_IMAP_URL = box.url
        with pytest.raises(MailboxUnreadable):
            read_bounces(at=NOON)
        assert (written(), box.seen) == (BOTH[:1], {1})

        box.hangs_up_after = None
        assert read_bounces(at=NOON) == 1
    assert written() == BOTH


@pytest.mark.django_db
def test_a_huge_mail_is_read_in_part(settings):
    huge = MAILS[0].replace(b"Hello", b"x" * 3_000_000)
    with running_imap([huge]) as box:
        settings.BOUNCE_IMAP_URL = box.url
        assert read_bounces(at=NOON) == 1
    assert written() == BOTH[:1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "wrong", [("p%40ss", "other"), ("/Returned", "/Elsewhere"), ("127.0.0.1:", "127.0.0.1:1/#")]
)
def test_a_mailbox_that_does_not_open_is_told_and_the_task_goes_on_next_time(settings, caplog, wrong):
    with running_imap(MAILS) as box:
        settings.BOUNCE_IMAP_URL = box.url.replace(*wrong).partition("#")[0]
        caplog.set_level("WARNING", logger="mail.tasks")
        with pytest.raises(MailboxUnreadable):
            read_bounces(at=NOON)
        read_bounces_task()

        assert "mailbox" in caplog.text
        assert "p@ss" not in caplog.text
        settings.BOUNCE_IMAP_URL = box.url
        read_bounces_task()
    assert written() == BOTH


@pytest.mark.django_db
def test_without_a_mailbox_there_is_nothing_to_do(settings):
    settings.BOUNCE_IMAP_URL = ""
    read_bounces_task()
    assert written() == []


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_for_a_mailbox_inside_a_transaction(settings):
    settings.BOUNCE_IMAP_URL = "imap://me:secret@127.0.0.1:1"
    with transaction.atomic(), pytest.raises(RuntimeError):
        read_bounces(at=NOON)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "pop://me:x@mail.example",
        "imaps://mail.example",
        "imaps://me:x@",
        "imaps://me:x@h?a=b",
        "imaps://me:x@h:port",
    ],
)
def test_a_bad_address_of_a_mailbox_is_refused_by_name(url):
    with pytest.raises(ImproperlyConfigured, match=r"^BOUNCE_IMAP_URL (must|has) .+\.$"):
        mailbox_at(url)
