"""What customers attach to their mails: kept with the conversation once, opened by who may read it, gone with it."""

import random
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from rest_framework.test import APIClient

from customers.models import RetentionRule
from customers.privacy.erasing import erase_customer
from customers.privacy.personal import person_of
from customers.privacy.retention import apply_retention
from events.delivery import deliver_events
from followups.conversations import message_files
from followups.conversations.message_files import KEPT_WITHOUT_ROW, MOST_FILES, sweep_files
from followups.holdings import tell_conversations
from followups.models import Message, MessageFile
from followups.working.merging import merge
from mail.incoming.taking import take_mail
from mail.keys import message_id_of
from staff.models import AuditEntry
from staff.units import create_unit
from tests.conftest import NOON
from tests.customers.test_erasing import COUNTED
from tests.factories.followups import FollowUpFactory, MessageFactory
from tests.factories.staff import UserFactory
from tests.mail.test_letters import answer

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(hours=1)
PDF = b"%PDF-1.4\n" + b"invoice " * 40


def picture(kind="JPEG", side=120, seed=7):
    noise = Image.frombytes("RGB", (side, side), random.Random(seed).randbytes(3 * side * side))
    written = BytesIO()
    noise.save(written, kind)
    return written.getvalue()


PHOTO, LOGO = picture(), picture("PNG", side=20)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def ours():
    """A mail of ours to a customer."""
    return MessageFactory(follow_up=FollowUpFactory(due_at=timezone.now() + timedelta(hours=4)))


def write(ours, *files, number=1, **headers):
    """The customer answers `ours` with `files`: a name, a type, the bytes, and how it is shown."""
    named = {"In_Reply_To": message_id_of(ours.key, domain="x"), "Message_ID": f"<a{number}@x>", **headers}
    letter = message_from_bytes(answer("Look:", **named), policy=default)
    for name, type_, content, *disposition in files:
        main, sub = type_.split("/")
        shown = {"disposition": disposition[0]} if disposition else {}
        letter.add_attachment(content, maintype=main, subtype=sub, filename=name, **shown)
    take_mail(content=letter.as_bytes(), at=LATER)
    deliver_events(at=LATER)
    return Message.objects.incoming().last()


def photo(name="router.jpg"):
    return (name, "image/jpeg", PHOTO)


def files():
    return list(MessageFile.objects.values_list("name", "type", "size", "why_not"))


def stored(folder):
    return sorted(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_photo_and_an_invoice_are_kept_however_often_the_mail_comes(ours, folder):
    for _again in range(3):
        write(ours, photo("../My router.JPEG"), ("račun 7.pdf", "application/octet-stream", PDF))

    assert files() == [
        ("My router.jpg", "image/jpeg", len(PHOTO), ""),
        ("račun 7.pdf", "application/pdf", len(PDF), ""),
    ]
    assert stored(folder) == sorted([PHOTO, PDF])
    assert {each.message.direction for each in MessageFile.objects.all()} == {"in"}


@pytest.mark.parametrize(
    ("name", "type_", "content"),
    [
        ("photo.png", "image/png", b"MZ\x90\x00 not a picture" * 500),
        ("drawing.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
        ("page.pdf", "application/pdf", b"<html><script>"),
        ("half.png", "image/png", LOGO[:30]),
        ("letter.docx", "application/x-word", b"PK\x03\x04"),
    ],
)
def test_what_is_neither_picture_nor_pdf_is_named_and_not_kept(ours, folder, name, type_, content):
    write(ours, (name, type_, content))

    assert (files(), stored(folder)) == ([(name, "", len(content), "kind")], [])


def test_a_picture_made_to_fill_the_memory_is_not_opened(ours, folder):
    written = BytesIO()
    Image.new("1", (20_000, 20_000)).save(written, "PNG")

    write(ours, ("bomb.png", "image/png", written.getvalue()))

    assert [why for *_rest, why in files()] == ["kind"]


def test_of_a_mail_only_so_many_files_and_so_much_are_kept(ours, folder, monkeypatch):
    write(ours, *((f"{n}.png", "image/png", LOGO) for n in range(MOST_FILES + 2)))
    assert [why for *_rest, why in files()] == [""] * MOST_FILES + ["too_many"] * 2

    monkeypatch.setattr(message_files, "MOST_BYTES", len(PHOTO) + len(PDF))
    MessageFile.objects.all().delete()
    write(ours, photo(), photo("again.jpg"), ("a.pdf", "application/pdf", PDF), number=2)
    assert [why for *_rest, why in files()] == ["", "too_large", ""]


def test_ten_megabytes_in_one_mail_are_kept(ours, folder):
    large = PDF + bytes(10 * 1024 * 1024 - len(PDF) - len(PHOTO))

    write(ours, photo(), ("manual.pdf", "application/pdf", large), ("one more.png", "image/png", LOGO))

    assert [(name, why) for name, _type, _size, why in files()] == [
        ("router.jpg", ""),
        ("manual.pdf", ""),
        ("one more.png", "too_large"),
    ]


def test_of_a_mail_that_is_larger_than_what_is_read_the_words_are_kept(ours, folder):
    video = random.Random(1).randbytes(13 * 1024 * 1024)

    write(ours, photo(), ("video.mp4", "video/mp4", video))

    assert Message.objects.incoming().get().text == "Look:"
    assert files() == [("router.jpg", "image/jpeg", len(PHOTO), ""), ("video.mp4", "", 0, "too_large")]


def test_a_conversation_does_not_grow_for_ever(ours, folder, monkeypatch):
    monkeypatch.setattr(message_files, "MOST_OF_A_CONVERSATION", 2 * len(PHOTO))
    for number in range(3):
        write(ours, photo(), number=number)

    assert [why for *_rest, why in files()] == ["", "", "full"]


def test_pictures_within_the_text_are_kept_and_those_of_signatures_are_not(ours, folder):
    write(ours, ("image001.png", "image/png", LOGO, "inline"), ("shot.jpg", "image/jpeg", PHOTO, "inline"))
    assert len(LOGO) < message_files.SMALLEST_SHOWN < len(PHOTO)
    assert [name for name, *_rest in files()] == ["shot.jpg"]

    write(ours, ("again.jpg", "image/jpeg", PHOTO, "inline"), ("logo.png", "image/png", LOGO), number=2)
    assert [name for name, *_rest in files()] == ["shot.jpg", "logo.png"]


def test_files_of_automatic_replies_are_named_alone(ours, folder):
    write(ours, photo(), Auto_Submitted="auto-replied")

    assert (files(), stored(folder)) == ([("router.jpg", "", len(PHOTO), "automatic")], [])


def test_a_mail_of_a_stranger_leaves_no_file(ours, folder):
    write(ours, photo(), In_Reply_To="<somebody@else>")

    assert (files(), stored(folder)) == ([], [])


def test_a_row_says_why_there_is_no_file_or_has_one(ours):
    for wrong in ({}, {"file": "letters/x.png", "why_not": "kind"}):
        with pytest.raises(Exception, match="message_file_is_kept"), transaction.atomic():
            ours.files.create(name="x", **wrong)


# --- what is lost on the way ------------------------------------------------------------------------------


def test_when_taking_in_fails_no_row_is_left_without_a_file_and_the_next_try_keeps_it(
    ours, folder, monkeypatch
):
    def fail(**_given):
        raise RuntimeError

    monkeypatch.setattr("followups.conversations.hearing.go_on_with", fail)
    write(ours, photo())
    assert (files(), Message.objects.incoming().count(), stored(folder)) == ([], 0, [PHOTO])

    monkeypatch.undo()
    deliver_events(at=LATER + timedelta(minutes=1))
    assert [name for name, *_rest in files()] == ["router.jpg"]
    assert sweep_files(at=timezone.now() + KEPT_WITHOUT_ROW + timedelta(minutes=1)) == 1
    assert stored(folder) == [PHOTO]
    assert (folder / MessageFile.objects.get().file.name).read_bytes() == PHOTO


def test_a_file_that_a_transaction_may_still_name_is_not_swept(folder):
    MessageFile(name="x").file.save("x.png", ContentFile(b"x"), save=False)

    gone = [sweep_files(at=timezone.now() + days * KEPT_WITHOUT_ROW) for days in (0.9, 1.1, 1.1)]

    assert (gone, stored(folder)) == ([0, 1, 0], [])


def test_where_nothing_was_ever_kept_nothing_is_swept():
    assert sweep_files(at=NOON) == 0


# --- opening ----------------------------------------------------------------------------------------------


def address(file):
    return reverse("admin:followups_file", args=[file.pk])


def page_of(follow_up):
    return reverse("admin:followups_follow_up", args=[follow_up.pk])


def test_support_sees_what_was_sent_along_and_opens_it(client, ours):
    write(ours, photo("x<1>.jpg"), ("y<2>.zip", "application/zip", b"PK"))
    kept = MessageFile.objects.kept().get()
    sara = UserFactory(roles=["Support"])
    client.force_login(sara)

    page = client.get(page_of(ours.follow_up)).content.decode()
    file = client.get(address(kept))

    assert f'<a class="cx-link" href="{address(kept)}"><bdi>x1.jpg</bdi></a>' in page
    assert f"{len(PHOTO) / 1024:.1f}\xa0KB" in page
    assert "<bdi>y&lt;2&gt;.zip</bdi>" in page
    assert "not kept: only JPEG, PNG, WebP and PDF are kept" in page
    assert b"".join(file.streaming_content) == PHOTO
    assert file["Content-Disposition"] == 'attachment; filename="x1.jpg"'
    assert (file["Content-Type"], file["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert file["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert file["Cache-Control"].startswith("private, no-store")
    entry = AuditEntry.objects.get(action="exported")
    assert (entry.user, entry.subject_kind, entry.subject, entry.detail) == (
        sara,
        "followups.followup",
        ours.follow_up_id,
        {"file": kept.pk},
    )


def test_sizes_are_written_as_the_reader_writes_them(client, ours):
    write(ours, photo())
    client.force_login(UserFactory(roles=["Support"], language="ru"))

    page = client.get(page_of(ours.follow_up)).content.decode()

    assert f"{len(PHOTO) / 1024:.1f}".replace(".", ",") + "\xa0КБ" in page


def test_who_may_not_read_the_conversation_gets_no_file(client, ours):
    write(ours, photo())
    kept = MessageFile.objects.get()
    brand, other = create_unit(name="Zeta", kind="brand"), create_unit(name="Meridian", kind="brand")
    ours.follow_up.customer.unit = brand
    ours.follow_up.customer.save()

    assert client.get(address(kept)).url.startswith("/admin/login/")
    for user, status in (
        (UserFactory(is_staff=True), 403),
        (UserFactory(roles=["Loyalty"]), 403),
        (UserFactory(roles=["Support"], unit=other), 404),
        (UserFactory(roles=["Support"], unit=brand), 200),
    ):
        client.force_login(user)
        page = client.get(address(kept))
        assert (page.status_code, page.getvalue() == PHOTO) == (status, status == 200)
    assert AuditEntry.objects.filter(action="exported").count() == 1


def test_what_is_not_kept_or_lost_is_not_found(client, ours):
    write(ours, photo(), ("y.zip", "application/zip", b"PK"))
    kept, named = MessageFile.objects.all()
    kept.file.storage.delete(kept.file.name)
    client.force_login(UserFactory(roles=["Support"]))

    assert [client.get(address(each)).status_code for each in (kept, named)] == [404, 404]
    assert not AuditEntry.objects.filter(action="exported").exists()


def test_the_page_needs_as_many_queries_for_three_files_as_for_one(client, ours):
    client.force_login(UserFactory(roles=["Support"]))
    write(ours, photo())
    counts = []
    for number in (2, 3):
        client.get(page_of(ours.follow_up))
        with CaptureQueriesContext(connection) as queries:
            client.get(page_of(ours.follow_up))
        counts.append(len(queries))
        write(ours, photo(), ("y.zip", "application/zip", b"PK"), number=number)

    assert counts[0] == counts[1]


def test_a_program_reads_what_there_is_and_where_staff_open_it(ours, settings):
    write(ours, photo(), ("y.zip", "application/zip", b"PK"))
    kept, named = MessageFile.objects.all()
    api = APIClient()
    api.force_authenticate(UserFactory(roles=["Administrators"]))

    follow_up = api.get(f"/api/v1/follow-ups/{ours.follow_up_id}/").json()

    written = follow_up["messages"][1]
    assert written["attachments"] == ["router.jpg", "y.zip"]
    assert written["files"] == [
        {
            "id": kept.pk,
            "name": "router.jpg",
            "type": "image/jpeg",
            "size": len(PHOTO),
            "why_not_kept": "",
            "address": settings.PUBLIC_BASE_URL + address(kept),
        },
        {"id": named.pk, "name": "y.zip", "type": "", "size": 2, "why_not_kept": "kind", "address": None},
    ]


# --- where it goes ----------------------------------------------------------------------------------------


def test_files_go_along_when_two_become_one(client, ours):
    write(ours, photo())
    first = ours.follow_up
    first.refresh_from_db()
    second = FollowUpFactory(
        survey_response__customer=first.customer, due_at=timezone.now() + timedelta(hours=4)
    )

    merge(follow_up=first, into=second, by=UserFactory(), at=LATER)

    client.force_login(UserFactory(roles=["Support"]))
    assert address(MessageFile.objects.get()) in client.get(page_of(second)).content.decode()


def test_a_customer_is_told_which_files_there_are(ours):
    write(ours, photo())

    *_messages, told = tell_conversations(person_of(ours.follow_up.customer))

    assert told == {
        "message__follow_up": ours.follow_up_id,
        "message__at": LATER,
        "name": "router.jpg",
        "type": "image/jpeg",
        "size": len(PHOTO),
        "why_not": "",
    }


def test_an_erased_customers_files_go_and_nobody_elses(ours, folder, django_capture_on_commit_callbacks):
    write(ours, photo())
    other = MessageFactory()
    write(other, ("a.pdf", "application/pdf", PDF), number=2)

    with django_capture_on_commit_callbacks(execute=True):
        erase_customer(customer=ours.follow_up.customer, by=None, at=LATER, **COUNTED)

    assert ([name for name, *_rest in files()], stored(folder)) == (["a.pdf"], [PDF])


def test_an_erasure_that_is_taken_back_loses_no_file(ours, folder):
    write(ours, photo())

    with pytest.raises(RuntimeError), transaction.atomic():
        erase_customer(customer=ours.follow_up.customer, by=None, at=LATER, **COUNTED)
        raise RuntimeError

    assert ([name for name, *_rest in files()], stored(folder)) == (["router.jpg"], [PHOTO])


def test_old_conversations_lose_their_files(ours, folder, django_capture_on_commit_callbacks):
    write(ours, photo())
    RetentionRule.objects.filter(kind="conversations").update(is_active=True, months=1)
    type(ours.follow_up).objects.update(state="resolved", resolved_at=LATER)

    with django_capture_on_commit_callbacks(execute=True):
        assert apply_retention(at=LATER + timedelta(days=40)) == 2

    assert (files(), stored(folder)) == ([], [])
