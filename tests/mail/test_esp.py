"""Mails through e-mail services: each asked in its own words, and heard when it tells what became of them."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.urls import reverse

from mail.backend import NotSent, PostOfficeBackend, to_messages
from mail.esp.accounts import SERVICES, Account
from mail.esp.post import backend_for
from mail.esp.tracking import view_of
from mail.messages import Ending, Message, Outcome
from mail.models import ChannelPause, DeliveryReport
from mail.post import post_office
from tests.web import Reply, running_web

SECRET = "a-long-secret-in-the-address-of-reports"
HOOK = f"/hooks/mail/{SECRET}/"
KEY = "invitation.42.1"

pytestmark = pytest.mark.django_db


def mail(recipient: str = "ana@example.com") -> Message:
    letter = EmailMultiAlternatives(
        "Čestitke",
        "Zdravo, Šta mislite?",
        "Meridian Š <cx@example.com>",
        [recipient],
        headers={
            "List-Unsubscribe": "<https://cx.example/u/1/>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "In-Reply-To": "<theirs@customers.example>",
        },
    )
    letter.attach_alternative("<p>Zdravo, <b>Šta</b> mislite?</p>", "text/html")
    (message,) = to_messages(letter)
    return Message(message.sender, message.recipient, message.content, KEY)


def through(url: str, settings, *messages: Message) -> list[Outcome]:
    settings.EMAIL_URL = url
    with post_office() as post:
        return post.hand_over(messages)


# --- Sending ------------------------------------------------------------------------------------------------


def test_a_service_gets_the_mail_in_its_parts(own_machine, settings):
    taken = b'{"To": "ana@example.com", "MessageID": "pm-1", "ErrorCode": 0, "Message": "OK"}'
    with running_web(lambda _call: Reply(200, taken)) as web:
        (outcome,) = through(
            f"anymail+postmark://tok%2Fen@?message_stream=surveys&api_url={web.url}/", settings, mail()
        )

        (call,) = web.calls
        assert (call.method, call.path, call.headers["x-postmark-server-token"]) == (
            "POST",
            "/email",
            "tok/en",
        )
        asked = json.loads(call.body)
        assert asked.pop("HtmlBody") == "<p>Zdravo, <b>Šta</b> mislite?</p>"
        assert asked.pop("TextBody").strip() == "Zdravo, Šta mislite?"
        assert asked == {
            "From": "Meridian Š <cx@example.com>",
            "To": "ana@example.com",
            "Subject": "Čestitke",
            "MessageStream": "surveys",
            "Metadata": {"key": KEY},
            "Headers": [
                {"Name": "List-Unsubscribe", "Value": "<https://cx.example/u/1/>"},
                {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
                {"Name": "In-Reply-To", "Value": "<theirs@customers.example>"},
            ],
        }
    assert outcome == Outcome(Ending.ACCEPTED, "sent", id="pm-1")


def test_connections_stay_open_and_k_mails_go_side_by_side(own_machine, settings):
    settings.MAIL_CONNECTIONS = 4
    with running_web(lambda _call: Reply(200, b'{"id": "r"}', after=0.3)) as web:
        settings.EMAIL_URL = f"anymail+resend://key@?api_url={web.url}/"
        with post_office() as post:
            for _n in range(2):
                outcomes = post.hand_over([mail(f"ana{n}@example.com") for n in range(post.width)])
                assert {outcome.ending for outcome in outcomes} == {Ending.ACCEPTED}

        assert (len(web.calls), len(web.connections)) == (8, 4)


def test_a_form_with_files_goes_out_whole(own_machine, settings):
    with running_web(lambda _call: Reply(200, b'{"id": "<mg-1@mg>", "message": "Queued"}')) as web:
        url = f"anymail+mailgun://key@?sender_domain=mg.example&api_url={web.url}/v3"
        (outcome,) = through(url, settings, mail())

        assert web.calls[0].path == "/v3/mg.example/messages"
        assert "Čestitke".encode() in web.calls[0].body or b"%C4%8Cestitke" in web.calls[0].body
    assert (outcome.ending, outcome.id) == (Ending.ACCEPTED, "<mg-1@mg>")


@pytest.mark.parametrize(
    ("reply", "ending"),
    [
        (Reply(200, b'{"To": "ana@example.com", "MessageID": "1", "ErrorCode": 0, "Message": "OK"}'), Ending.ACCEPTED),
        (Reply(422, b'{"ErrorCode": 406, "Message": "You tried to send to a recipient that has been marked as inactive.'
               b' Found inactive addresses: ana@example.com. Inactive recipients are ones"}'), Ending.REFUSED),
        (Reply(422, b'{"ErrorCode": 300, "Message": "Invalid \'To\' address: \'ana@example.com\'."}'), Ending.REFUSED),
        (Reply(422, b'{"ErrorCode": 300, "Message": "Invalid \'From\' address: \'cx\'."}'), Ending.NOT_SENT),
        (Reply(422, b'{"ErrorCode": 400, "Message": "Sender signature not found."}'), Ending.NOT_SENT),
        (Reply(422, b'{"ErrorCode": 405, "Message": "Account has run out of credits."}'), Ending.NOT_SENT),
        (Reply(413, b"too large"), Ending.REFUSED),
        (Reply(401, b'{"ErrorCode": 10, "Message": "Bad token"}'), Ending.NOT_SENT),
        (Reply(429, b"", {"Retry-After": "40"}), Ending.NOT_SENT),
        (Reply(500, b"<html>"), Ending.NOT_SENT),
        (Reply(200, b"<html>"), Ending.UNKNOWN),
        (Reply(200, b"[]"), Ending.UNKNOWN),
        (Reply(200, b"{}"), Ending.UNKNOWN),
        (Reply(200, b"[" * 60_000), Ending.UNKNOWN),
        (Reply(hangs_up=True), Ending.UNKNOWN),
        (Reply(after=2), Ending.UNKNOWN),
    ],
)  # fmt: skip
def test_whatever_a_service_answers_has_an_ending(own_machine, settings, reply, ending):
    settings.OUTBOUND_TIMEOUT = timedelta(seconds=1)
    with running_web(lambda _call: reply) as web:
        (outcome,) = through(f"anymail+postmark://token@?api_url={web.url}/", settings, mail())

        assert outcome.ending is ending, outcome
        assert len(web.calls) == 1
    assert outcome.wait == (timedelta(seconds=40) if reply.status == 429 else None)


MAILJET = '{"Messages": [{"Status": "error", "Errors": [{"ErrorMessage": "%s", "ErrorRelatedTo": ["%s"]}]}]}'


@pytest.mark.parametrize(
    ("account", "status", "about_us", "about_them"),
    [
        ("brevo://key@?", 400, '{"message": "valid sender email required"}', '{"message": "email is not valid in to"}'),
        ("mailgun://key@?sender_domain=mg.example&", 400, '{"message": "from parameter is not a valid address"}',
         '{"message": "\'to\' parameter is not a valid address. please check documentation"}'),
        ("mailersend://token@?", 422, '{"message": "The from.email domain must be verified. #MS42207"}',
         '{"errors": {"to.0.email": ["The to.0.email must be a valid email address."]}}'),
        ("mailjet://key:secret@?", 400, MAILJET % ("is not an authorized sender email address", "From"),
         MAILJET % ("is an invalid email address", "To[0].Email")),
        ("mandrill://key@?", 200, '[{"email": "ana@example.com", "status": "rejected", "reject_reason": "unsigned"}]',
         '[{"email": "ana@example.com", "status": "rejected", "reject_reason": "hard-bounce"}]'),
        ("resend://key@?", 422, '{"message": "Invalid `from` field."}', '{"message": "Invalid `to` field."}'),
        ("sparkpost://key@?", 400, '{"errors": [{"message": "Invalid domain", "code": "7001"}]}',
         '{"errors": [{"message": "invalid recipient address", "code": "5002"}]}'),
        ("unisender-go://key@?", 400, '{"status": "error", "message": "Sender is not confirmed"}',
         '{"status": "error", "code": 204, "failed_emails": {"ana@example.com": "unsubscribed"}}'),
    ],
)  # fmt: skip
def test_who_will_have_nothing_of_us_refuses_no_address(
    own_machine, settings, account, status, about_us, about_them
):
    bodies = [about_us, about_them]
    answered = {"Content-Type": "application/json"}
    with running_web(lambda _call: Reply(status, bodies[len(web.calls) - 1].encode(), answered)) as web:
        settings.MAIL_CONNECTIONS = 1
        endings = []
        for _body in bodies:
            (outcome,) = through(f"anymail+{account}api_url={web.url}/", settings, mail())
            endings.append(outcome.ending)
            ChannelPause.objects.all().delete()  # else the channel would rest

    assert endings == [Ending.NOT_SENT, Ending.REFUSED]


def test_a_service_that_cannot_be_reached_was_given_nothing(own_machine, settings):
    (outcome,) = through("anymail+postmark://token@?api_url=http://127.0.0.1:1/", settings, mail())
    assert outcome.ending is Ending.NOT_SENT

    settings.OUTBOUND_ALLOW_PRIVATE = []
    ChannelPause.objects.all().delete()  # else the channel would rest
    with running_web(lambda _call: Reply()) as web:
        (outcome,) = through(f"anymail+postmark://token@?api_url={web.url}/", settings, mail())
        assert (outcome.ending, web.calls) == (Ending.NOT_SENT, [])
    assert "not public" in outcome.words


def test_where_repeats_are_known_an_unknown_end_is_asked_about_once_more(own_machine, settings):
    """The service took the mail and its answer was lost: asked again with the same key, it tells the same number."""
    taken: dict[str, str] = {}

    def service(call):
        is_new = call.headers["idempotency-key"] not in taken
        number = taken.setdefault(call.headers["idempotency-key"], f"r-{len(taken)}")
        return Reply(hangs_up=True) if is_new else Reply(200, json.dumps({"id": number}).encode())

    with running_web(service) as web:
        (outcome,) = through(f"anymail+resend://key@?api_url={web.url}/", settings, mail())

        assert outcome == Outcome(Ending.ACCEPTED, "queued", id="r-0")
        assert (taken, len(web.calls)) == ({KEY: "r-0"}, 2)


@pytest.mark.parametrize("second", [Reply(500), Reply(hangs_up=True), Reply(401)])
def test_what_stays_unknown_is_said_to_be_unknown(own_machine, settings, second):
    replies = [Reply(hangs_up=True), second]
    with running_web(lambda _call: replies[len(web.calls) - 1]) as web:
        (outcome,) = through(f"anymail+resend://key@?api_url={web.url}/", settings, mail())

    assert outcome.ending is Ending.UNKNOWN


def test_mails_to_staff_take_the_same_way(own_machine, settings):
    with running_web(lambda _call: Reply(422, b'{"ErrorCode": 300, "Message": "No"}')) as web:
        settings.EMAIL_URL = f"anymail+postmark://token@?api_url={web.url}/"
        letter = EmailMultiAlternatives(
            "Alert", "An unhappy customer", "cx@example.com", ["team@example.com"]
        )
        with pytest.raises(NotSent, match="422"):
            PostOfficeBackend().send_messages([letter])


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_that_may_be_named_is_there(name):
    account = Account.at(f"anymail+{name.replace('_', '-')}://k:s@{needs(name)}")

    assert backend_for(account, mail(), None).esp_name
    if account.service.tells:
        assert view_of(account).esp_name


def needs(name: str) -> str:
    return "".join(
        f"{'?' if n == 0 else '&'}{option}=x" for n, option in enumerate(sorted(SERVICES[name].needs))
    )


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_handed_the_mail_with_what_we_know_it_by(own_machine, settings, name):
    with running_web(lambda _call: Reply(503)) as web:
        place = "&".join(
            [*(f"{option}=x" for option in SERVICES[name].needs - {"api_url"}), f"api_url={web.url}/"]
        )
        through(f"anymail+{name.replace('_', '-')}://k:s@?{place}", settings, mail())

        (call,) = web.calls
    assert KEY.encode() in call.body


@pytest.mark.parametrize(
    "url",
    ["anymail+pigeon://k@", "anymail+postmark://", "anymail+mailgun://k@", "anymail+mailjet://k@",
     "anymail+postmark://k@?colour=red", "anymail+postmark://k@?api_url=http://x#y"],
)  # fmt: skip
def test_a_bad_email_url_is_refused_by_name(url):
    with pytest.raises(ImproperlyConfigured, match=r"^EMAIL_URL (must|has) .+\.$"):
        Account.at(url)


# --- What they tell -----------------------------------------------------------------------------------------


@pytest.fixture
def postmark(settings):
    settings.EMAIL_URL, settings.MAIL_WEBHOOK_SECRET = "anymail+postmark://token@", SECRET


def told(client, body, path: str = HOOK):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, content, content_type="application/json")


def postmark_event(kind: str, **fields) -> dict[str, object]:
    return {
        "RecordType": kind,
        "MessageID": "pm-1",
        "Recipient": "ana@example.com",
        "Metadata": {"key": KEY},
    } | fields


BOUNCE = {"Email": "ana@example.com", "ID": 7, "BouncedAt": "2026-03-04T12:00:00Z"}
MPP, FIREFOX = "Mozilla/5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("event", "kind", "is_machine"),
    [
        (postmark_event("Delivery", DeliveredAt="2026-03-04T12:00:00Z"), "delivered", False),
        (postmark_event("Bounce", Type="HardBounce", Details="smtp;550 5.1.1 no such user", **BOUNCE), "bounced", False),
        (postmark_event("Bounce", Type="HardBounce", Details="smtp;552 5.2.2 mailbox full", **BOUNCE), "undelivered", False),
        (postmark_event("Bounce", Type="SoftBounce", **BOUNCE), "undelivered", False),
        (postmark_event("Bounce", Type="Transient", **BOUNCE), "delayed", False),
        (postmark_event("Bounce", Type="BadEmailAddress", **BOUNCE), "bounced", False),
        (postmark_event("Bounce", Type="Blocked", **BOUNCE), "rejected", False),
        (postmark_event("SpamComplaint", Type="SpamComplaint", **BOUNCE), "complained", False),
        (postmark_event("SubscriptionChange", SuppressSending=True, SuppressionReason="ManualSuppression"), "unsubscribed", False),
        (postmark_event("Open", ReceivedAt="2026-03-04T12:00:00Z", UserAgent=FIREFOX), "opened", False),
        (postmark_event("Open", ReceivedAt="2026-03-04T12:00:00Z", UserAgent=MPP), "opened", True),
        (postmark_event("Click", ReceivedAt="2026-03-04T12:00:00Z", UserAgent=FIREFOX, OriginalLink="https://cx.example/s/9"), "clicked", False),
        (postmark_event("Click", ReceivedAt="2026-03-04T12:00:00Z", UserAgent="BarracudaCentral"), "clicked", True),
    ],
)  # fmt: skip
def test_what_a_service_tells_is_written_down_in_our_words(client, postmark, event, kind, is_machine):
    for _again in range(3):
        assert told(client, event).status_code == 204

    report = DeliveryReport.objects.get()
    assert (report.channel, report.provider, report.kind, report.is_machine) == (
        "email",
        "postmark",
        kind,
        is_machine,
    )
    assert (report.message_id, report.key) == ("pm-1", KEY)
    assert report.digest
    assert "cx.example" not in report.link


@pytest.mark.parametrize("kind", ["Subscribe", "AutoResponder"])
def test_what_nobody_needs_to_know_is_not_kept(client, postmark, kind):
    assert told(client, postmark_event("Bounce", Type=kind, **BOUNCE)).status_code == 204
    assert DeliveryReport.objects.count() == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"7", b"\xff\xfe", b"[" * 100_000, {"RecordType": "Delivery", "DeliveredAt": 7},
     {"RecordType": ["x"]}, {"RecordType": "Inbound"}, {"RecordType": "Delivery", "Metadata": 5}],
)  # fmt: skip
def test_garbage_is_a_bad_request(client, postmark, body):
    assert told(client, body).status_code == 400
    assert DeliveryReport.objects.count() == 0


def test_strange_values_are_kept_in_a_form_every_database_takes(client, postmark):
    event = postmark_event("Bounce", Type="HardBounce", Details="\x00\ud800" + "é" * 9000, **BOUNCE)
    event |= {"MessageID": "\x00" + "x" * 900, "Metadata": {"key": ["no"]}, "Email": "\ud800"}

    assert told(client, event).status_code == 204

    report = DeliveryReport.objects.get()
    assert (report.message_id, report.key, len(report.words)) == ("x" * 200, "", 500)


def test_who_does_not_know_the_address_is_refused(client, postmark, settings):
    event = postmark_event("Delivery", DeliveredAt="2026-03-04T12:00:00Z")
    for wrong in (SECRET[:-1], SECRET + "x", "x", "é"):
        assert told(client, event, f"/hooks/mail/{wrong}/").status_code == 403
    assert client.head(HOOK).status_code == 200
    assert client.get(HOOK).status_code == 405
    settings.MAIL_WEBHOOK_SECRET = ""
    assert told(client, event, "/hooks/mail/x/").status_code == 404
    settings.EMAIL_URL = "smtp://mail.example"
    assert told(client, event).status_code == 404
    assert DeliveryReport.objects.count() == 0


def test_where_calls_are_signed_the_address_alone_is_not_enough(client, settings):
    settings.EMAIL_URL = "anymail+mailgun://key@?sender_domain=mg.example&webhook_signing_key=sign"
    settings.MAIL_WEBHOOK_SECRET = SECRET

    def event(signature: str) -> dict[str, object]:
        return {
            "signature": {"timestamp": "1772625600", "token": "t", "signature": signature},
            "event-data": {
                "event": "failed", "severity": "permanent", "id": "e1", "timestamp": 1772625600.5,
                "recipient": "ana@example.com", "user-variables": {"key": KEY},
                "message": {"headers": {"message-id": "mg-1@mg"}},
                "delivery-status": {"code": 550, "message": "5.1.1 no such user"},
            },
        }  # fmt: skip

    good = hmac.new(b"sign", b"1772625600t", hashlib.sha256).hexdigest()
    assert told(client, event("0" * 64)).status_code == 403
    assert told(client, {"event-data": {}}).status_code == 403
    assert DeliveryReport.objects.count() == 0
    assert told(client, event(good)).status_code == 204
    report = DeliveryReport.objects.get()
    assert (report.kind, report.key, report.message_id) == ("bounced", KEY, "<mg-1@mg>")


def test_a_service_that_knows_tags_alone_tells_by_them_which_mail_it_means(client, settings):
    settings.EMAIL_URL, settings.MAIL_WEBHOOK_SECRET = "anymail+mailersend://token@", SECRET
    email = {"message": {"id": "ms-1"}, "recipient": {"email": "ana@example.com"}, "tags": [KEY]}
    event = {"type": "activity.delivered", "data": {"id": "e1", "type": "delivered", "email": email}}

    assert told(client, event).status_code == 204

    report = DeliveryReport.objects.get()
    assert (report.kind, report.key, report.message_id) == ("delivered", KEY, "ms-1")


def test_a_thousand_facts_in_one_call_cost_a_handful_of_statements(
    client, settings, django_assert_max_num_queries
):
    settings.EMAIL_URL, settings.MAIL_WEBHOOK_SECRET = "anymail+sparkpost://key@", SECRET
    events = [
        {"msys": {"message_event": {"type": "delivery", "event_id": str(n), "message_id": f"m{n}",
         "rcpt_to": f"ana{n}@example.com", "timestamp": "1772625600", "rcpt_meta": {"key": KEY}}}}
        for n in range(1000)
    ]  # fmt: skip

    with django_assert_max_num_queries(60 if connection.vendor == "sqlite" else 12):
        assert told(client, events).status_code == 204

    assert DeliveryReport.objects.count() == 1000


def test_the_address_is_the_one_the_manual_names():
    assert reverse("mail-reports", args=[SECRET]) == HOOK
