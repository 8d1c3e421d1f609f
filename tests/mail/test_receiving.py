"""Mails come in by a mailbox, a call or a pipe; each is taken once, and a stranger's leaves nothing but its number."""

import io
import random
import sys
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from urllib.parse import urlencode

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from events.models import Event
from mail.bounces.collecting import read_bounces
from mail.incoming.skeleton import BEGINNING, LONGEST
from mail.incoming.taking import (
    KEPT,
    KEPT_WHOLE,
    attached_to,
    letter_of,
    mark_read,
    prune_letters,
    shorten_letters,
    take_mail,
)
from mail.models import DeliveryReport, ReceivedLetter
from tests.conftest import NOON
from tests.factories.staff import UserFactory
from tests.imap import running_imap
from tests.mail.test_bounces import report, status
from tests.mail.test_letters import KEY, OURS, answer

pytestmark = pytest.mark.django_db
SECRET = "s" * 32
STRANGER = answer("Buy now", In_Reply_To="", Message_ID="<spam@x>")


def received():
    return list(ReceivedLetter.objects.order_by("pk").values_list("key", "sender", "is_automatic"))


def announced():
    return list(Event.objects.filter(type="mail.letter_received").values_list("subject", "payload"))


def test_an_answer_is_kept_and_announced_and_a_strangers_mail_only_counted():
    for content in (answer(), STRANGER):
        take_mail(content=content, at=NOON)

    assert received() == [(KEY, "Amina@customers.example", False), ("", "", False)]
    kept, stranger = ReceivedLetter.objects.order_by("pk")
    assert (letter_of(kept).text, bytes(stranger.content)) == ("Thank you!", b"")
    assert announced() == [(kept.pk, {"key": KEY, "is_automatic": False})]


def test_the_same_mail_five_times_is_one():
    for _n in range(5):
        take_mail(content=answer(), at=NOON)

    assert (len(received()), len(announced())) == (1, 1)


def test_our_own_mail_that_comes_back_is_no_answer():
    take_mail(content=answer(Message_ID=OURS), at=NOON)

    assert (received(), announced()) == ([], [])


def test_a_returned_mail_is_a_report_and_no_letter():
    take_mail(content=report("delivery-status", status("failed", "5.1.1")), at=NOON)

    assert (received(), DeliveryReport.objects.count()) == ([], 1)


def test_what_was_read_is_thrown_away_and_what_is_old_forgotten():
    take_mail(content=answer(), at=NOON)
    letter = ReceivedLetter.objects.get()

    mark_read(pk=letter.pk, at=NOON)
    letter.refresh_from_db()
    assert (bytes(letter.content), letter.sender, letter.read_at) == (b"", "", NOON)

    assert prune_letters(at=NOON + KEPT) == 0
    assert prune_letters(at=NOON + KEPT + timedelta(seconds=1)) == 1


def test_the_mailbox_is_read_for_answers_too(settings):
    mails = [answer(), STRANGER, report("delivery-status", status("failed", "5.1.1")), b"", answer()]
    with running_imap(mails) as box:
        settings.BOUNCE_IMAP_URL = box.url
        assert read_bounces(at=NOON) == 1
        assert box.seen == {1, 2, 3, 4, 5}
    assert [key for key, _sender, _automatic in received()] == [KEY, "", ""]


PHOTO = random.Random(7).randbytes(1_500_000)


def with_photo(**headers):
    letter = message_from_bytes(answer("Look:", **headers), policy=default)
    letter.add_attachment(PHOTO, maintype="image", subtype="jpeg", filename="router.jpg")
    return letter.as_bytes()


def photos():
    return [each.content for row in ReceivedLetter.objects.exclude(key="") for each in attached_to(row)]


def door(secret=SECRET):
    return reverse("mail-letters", args=[secret])


@pytest.fixture
def open_door(settings):
    settings.MAIL_WEBHOOK_SECRET = SECRET


def test_a_mail_server_hands_in_a_mail_as_it_is(client, open_door):
    assert client.head(door()).status_code == 200
    for _again in range(2):
        assert client.post(door(), answer(), content_type="message/rfc822").status_code == 204

    assert received() == [(KEY, "Amina@customers.example", False)]


@pytest.mark.parametrize("field", ["email", "body-mime"])
def test_a_service_hands_it_in_as_a_field_of_a_form(client, open_door, field):
    assert client.post(door(), {field: answer("Čao").decode()}).status_code == 204
    upload = io.BytesIO(answer(Message_ID="<a2@x>"))
    assert client.post(door(), {field: upload}).status_code == 204

    assert [key for key, _sender, _automatic in received()] == [KEY, KEY]


def test_a_huge_mail_is_read_in_part(client, open_door):
    huge = answer("Hello") + b"\r\n" + b"x" * 3_000_000

    assert client.post(door(), huge, content_type="message/rfc822").status_code == 204
    assert letter_of(ReceivedLetter.objects.get()).text.startswith("Hello")


@pytest.mark.parametrize(
    ("secret", "content", "headers", "status"),
    [
        ("x" * 32, answer(), {}, 403),
        (SECRET, b"", {}, 400),
        (SECRET, b" \r\n", {}, 400),
        (SECRET, answer(), {"CONTENT_LENGTH": str(50 * 1024 * 1024)}, 413),
    ],
)
def test_a_call_that_is_wrong_changes_nothing(client, open_door, secret, content, headers, status):
    reply = client.generic("POST", door(secret), content, content_type="message/rfc822", **headers)

    assert (reply.status_code, received()) == (status, [])


@pytest.mark.parametrize("name", ["email", "body-mime"])
@pytest.mark.parametrize(
    "content_type", ["multipart/form-data; boundary=B", "application/x-www-form-urlencoded"]
)
def test_a_large_mail_in_a_form_keeps_its_files(client, open_door, name, content_type):
    mail = with_photo()
    body = f'--B\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--B\r\nContent-Disposition: form-data; name="{name}"'
    parts = body.encode() + b"\r\n\r\n" + mail + b"\r\n--B--\r\n"
    content = parts if "boundary" in content_type else urlencode({"x": "y", name: mail}).encode()

    assert client.post(door(), content, content_type=content_type).status_code == 204
    assert photos() == [PHOTO]


@pytest.mark.parametrize(
    "content", [b"", b"--B", b'--B\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--B--']
)
@pytest.mark.parametrize(
    "content_type",
    ["multipart/form-data", "multipart/form-data; boundary=B", "application/x-www-form-urlencoded"],
)
def test_a_form_without_a_mail_is_not_understood(client, open_door, content, content_type):
    assert (client.post(door(), content, content_type=content_type).status_code, received()) == (400, [])


def test_a_call_keeps_the_files_of_a_large_mail(client, open_door):
    assert client.post(door(), with_photo(), content_type="message/rfc822").status_code == 204
    assert photos() == [PHOTO]


def test_the_mailbox_is_read_for_the_files_of_answers_alone(settings):
    spam = with_photo(In_Reply_To="", Message_ID="<spam@x>")
    with running_imap([with_photo(), spam]) as box:
        settings.BOUNCE_IMAP_URL = box.url
        read_bounces(at=NOON)
        assert (box.seen, box.fetched) == ({1, 2}, [BEGINNING, LONGEST, BEGINNING])
    assert photos() == [PHOTO]


def test_of_a_machines_answer_the_beginning_is_enough():
    take_mail(content=with_photo(Auto_Submitted="auto-replied"), at=NOON)

    letter = ReceivedLetter.objects.get()
    assert (len(letter.content), letter_of(letter).text) == (BEGINNING, "Look:")


def test_files_nobody_asked_for_are_let_go_of_and_the_words_kept():
    take_mail(content=with_photo(), at=NOON)

    assert shorten_letters(at=NOON + KEPT_WHOLE) == 0
    assert shorten_letters(at=NOON + KEPT_WHOLE + timedelta(seconds=1)) == 1
    assert shorten_letters(at=NOON + KEPT_WHOLE + timedelta(days=1)) == 0
    letter = ReceivedLetter.objects.get()
    assert (len(letter.content), letter_of(letter).text) == (BEGINNING, "Look:")
    assert photos() == [None]  # half a photo is none


def test_a_mail_with_nothing_but_its_size_to_tell_is_the_same_by_every_way(client, open_door, settings):
    """Without a Message-ID the beginning says which mail it is: one door reads more than another."""
    spam = with_photo(In_Reply_To="", Message_ID="")
    client.post(door(), spam, content_type="message/rfc822")
    with running_imap([spam]) as box:
        settings.BOUNCE_IMAP_URL = box.url
        read_bounces(at=NOON)

    assert len(received()) == 1


def test_without_a_secret_there_is_no_door(client, settings):
    settings.MAIL_WEBHOOK_SECRET = ""

    assert client.post(door(), answer(), content_type="message/rfc822").status_code == 404


class Pipe:
    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)


def test_a_mail_is_piped_in(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Pipe(with_photo()))
    call_command("take_mail")
    assert photos() == [PHOTO]

    monkeypatch.setattr(sys, "stdin", Pipe(answer(Message_ID="<a2@x>") + b"x" * 2 * LONGEST))
    call_command("take_mail")
    assert [key for key, _sender, _automatic in received()] == [KEY, KEY]
    assert sys.stdin.buffer.read() == b""

    monkeypatch.setattr(sys, "stdin", Pipe(b""))
    with pytest.raises(CommandError, match="no mail"):
        call_command("take_mail")


def test_staff_see_how_much_comes_and_not_who_wrote(client, django_assert_max_num_queries):
    client.force_login(UserFactory(roles=["Administrators"]))
    for content in (answer(), STRANGER):
        take_mail(content=content, at=NOON)

    with django_assert_max_num_queries(12):
        page = client.get(reverse("admin:mail_receivedletter_changelist")).content.decode()

    assert "Answer to a message of ours" in page
    assert "Anything else" in page
    assert "customers.example" not in page
