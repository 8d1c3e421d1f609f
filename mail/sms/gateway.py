"""SMS through any gateway that takes a form or JSON over HTTP; SMS_URL says how it wants to be asked.

    http-gateway://user:password@sms.example/send?field.to={to}&field.text={text}&field.ref={id}&id=messages.0.id

`field.PATH` are the fields of the body, `header.NAME` further headers, `id` is where the message's number stands in
the answer. A gap other than {to}, {text}, {from}, {id}, {parts} and {callback} is refused at the start.
"""

import hmac
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from mail.endings import USUAL_WAIT, ending_of, failure_of, is_success
from mail.findings import Finding, State
from mail.messages import Ending, Message, Outcome
from mail.outbound import Answer, Client, NoAnswer, NotReached, Request
from mail.reading import Channel, Forged, Garbled, Kind, Report, check_signature, json_in, natural_event
from mail.service_urls import ServiceUrl
from mail.sms.provider import Provider
from mail.sms.segments import segments_of
from mail.sms.texts import LONGEST_TEXT, Text
from mail.texts import LONGEST_ID, document_of, storable, value_at

GAP = re.compile(r"\{([^{}]*)\}")
GAPS = {"to", "text", "from", "id", "parts", "callback"}
OPTIONS = {"method", "body", "id", "from", "secret", "signature", "tls", "reports", "messages"}
OPTIONS |= {f"message.{name}" for name in ("id", "from", "text")}
OPTIONS |= {f"report.{name}" for name in ("id", "key", "status", "error", "to")}
MANY_OPTIONS = ("field.", "header.", "ok.", "later.", "status.")
WORDS = {
    "accepted": Kind.SENT,
    "acceptd": Kind.SENT,
    "enroute": Kind.SENT,
    "sent": Kind.SENT,
    "delivered": Kind.DELIVERED,
    "delivrd": Kind.DELIVERED,
    "undelivered": Kind.UNDELIVERED,
    "undeliverable": Kind.UNDELIVERED,
    "undeliv": Kind.UNDELIVERED,
    "expired": Kind.UNDELIVERED,
    "failed": Kind.REJECTED,
    "rejected": Kind.REJECTED,
    "rejectd": Kind.REJECTED,
    "unsubscribed": Kind.UNSUBSCRIBED,
    "bounced": Kind.BOUNCED,
}
MOST_REPORTS = 1000


@dataclass(frozen=True, slots=True)
class Gateway(Provider):
    service: ServiceUrl
    name: str = "http-gateway"

    @classmethod
    def at(cls, service: ServiceUrl) -> Self:
        """Raises ImproperlyConfigured."""
        service.check_options(OPTIONS, beginnings=MANY_OPTIONS)
        fields = service.starting_with("field.")
        gaps = {gap for value in fields.values() for gap in GAP.findall(value)}
        if gaps - GAPS:
            raise ImproperlyConfigured(f"SMS_URL has a gap that is not known: {{{min(gaps - GAPS)}}}.")
        if not {"to", "text"} <= gaps:
            raise ImproperlyConfigured("SMS_URL must say which fields hold {to} and {text}.")
        if unknown := set(service.starting_with("status.").values()) - set(Kind.values):
            raise ImproperlyConfigured(f"SMS_URL has a status that is not known: {min(unknown)}.")
        if service.options.get("body", "json") not in {"json", "form"}:
            raise ImproperlyConfigured("SMS_URL must have body=json or body=form.")
        if service.options.get("method", "POST") not in {"POST", "PUT", "GET"}:
            raise ImproperlyConfigured("SMS_URL must have method=POST, PUT or GET.")
        return cls(service)

    def hand_over(self, message: Message, client: Client) -> Outcome:
        request = self.request_for(message)
        return ending_of(
            lambda: client.send(request), understand=lambda answer: self.understand(answer, message)
        )

    def request_for(self, message: Message) -> Request:
        options = self.service.options
        fields = {name: fill(value, self.values_of(message)) for name, value in self.fields.items()}
        method, url = options.get("method", "POST"), self.service.web_address
        if method == "GET":
            return Request(method=method, url=f"{url}?{urlencode(fields)}", headers=self.headers)
        if options.get("body", "json") == "form":
            kind, body = "application/x-www-form-urlencoded", urlencode(fields).encode()
        else:
            kind, body = "application/json", json.dumps(document_of(fields)).encode()
        return Request(method=method, url=url, headers={"Content-Type": kind, **self.headers}, body=body)

    @property
    def fields(self) -> dict[str, str]:
        return self.service.starting_with("field.")

    @property
    def headers(self) -> dict[str, str]:
        headers = self.service.starting_with("header.")
        if self.service.user:
            secret = b64encode(f"{self.service.user}:{self.service.password}".encode()).decode()
            headers["Authorization"] = f"Basic {secret}"
        return headers

    def values_of(self, message: Message) -> dict[str, str]:
        text = message.content.decode()
        return {
            "to": message.recipient,
            "text": text,
            "from": message.sender or self.service.options.get("from", ""),
            "id": message.key,
            "parts": str(segments_of(text).parts),
            "callback": settings.PUBLIC_BASE_URL + reverse("mail-sms-reports"),
        }

    def understand(self, answer: Answer, message: Message) -> Outcome:
        """A gateway that numbers its messages has taken one when it gave it a number."""
        if not is_success(answer):
            return failure_of(answer)
        document = answer.document()
        if any(says(document, path, words) for path, words in self.service.starting_with("later.").items()):
            return Outcome(Ending.NOT_SENT, answer.words, wait=USUAL_WAIT)
        if not all(says(document, path, words) for path, words in self.service.starting_with("ok.").items()):
            return Outcome(Ending.REFUSED if document else Ending.UNKNOWN, answer.words)
        if "id" not in self.service.options:
            return Outcome(Ending.ACCEPTED, answer.words, id=message.key)
        message_id = storable(value_at(document, self.service.options["id"]), LONGEST_ID)
        return Outcome(Ending.ACCEPTED if message_id else Ending.UNKNOWN, answer.words, id=message_id)

    def read_reports(self, request: HttpRequest, *, at: datetime) -> list[Report]:
        return [report for row in self.rows_of(request, "reports") if (report := self.report_in(row, at=at))]

    def read_texts(self, request: HttpRequest) -> list[Text]:
        return [self.text_in(row) for row in self.rows_of(request, "messages")]

    def rows_of(self, request: HttpRequest, option: str) -> list[Any]:
        """The entries of a signed call: those at the place that `option` names, else the whole of it as one."""
        self.check_signature(request)
        document = read_body(request)
        path = self.service.options.get(option, "")
        rows = value_at(document, path) if path else [document]
        if not isinstance(rows, list) or len(rows) > MOST_REPORTS:
            raise Garbled
        return rows

    def check_signature(self, request: HttpRequest) -> None:
        """HMAC-SHA256 of the body, in hexadecimal or Base64, as most gateways write it. Raises Forged."""
        secret = self.service.options.get("secret", "")
        given = request.headers.get(self.service.options.get("signature", "X-Signature"), "").removeprefix(
            "sha256="
        )
        if not secret:
            raise Forged
        digest = hmac.digest(secret.encode(), request.body, "sha256")
        is_hexadecimal = len(given) == len(digest.hex())
        check_signature(given, digest.hex() if is_hexadecimal else b64encode(digest).decode())

    def report_in(self, row: Any, *, at: datetime) -> Report | None:
        """None for a step on the way that nobody needs to know. Raises Garbled."""
        message_id = storable(value_at(row, self.place_of("id")), LONGEST_ID)
        key = storable(value_at(row, self.place_of("key")), LONGEST_ID)
        status = storable(value_at(row, self.place_of("status")), 80).lower()
        if not status or not (message_id or key):
            raise Garbled
        theirs = {word.lower(): Kind(kind) for word, kind in self.service.starting_with("status.").items()}
        kind = (WORDS | theirs).get(status)
        if kind is None:
            return None
        return Report(
            channel=Channel.SMS,
            provider=self.name,
            event=natural_event(message_id, key, status),
            kind=kind,
            at=at,
            message_id=message_id,
            key=key,
            recipient=storable(value_at(row, self.place_of("to")), 40),
            words=f"{status} {storable(value_at(row, self.place_of('error')), 400)}".strip(),
        )

    def text_in(self, row: Any) -> Text:
        """Raises Garbled: without a number of theirs nobody could tell a repeat."""
        event = storable(value_at(row, self.place_of("id", "message")), LONGEST_ID)
        sender = storable(value_at(row, self.place_of("from", "message")), 40)
        text = value_at(row, self.place_of("text", "message"))
        if not event or not sender or not isinstance(text, str):
            raise Garbled
        return Text(
            provider=self.name, event=event, sender=international(sender), text=storable(text, LONGEST_TEXT)
        )

    def place_of(self, name: str, what: str = "report") -> str:
        return self.service.options.get(f"{what}.{name}", name)

    def check(self, client: Client) -> Finding:
        """A gateway has no question but a message: whoever answers at its address, answers."""
        try:
            answer = client.send(
                Request(method="OPTIONS", url=self.service.web_address, headers=self.headers)
            )
        except (NotReached, NoAnswer) as error:
            return Finding("SMS", State.UNKNOWN, str(error))
        return Finding("SMS", State.OK, _("The gateway answers: %(words)s") % {"words": answer.words})


def fill(text: str, values: Mapping[str, str]) -> str:
    """Every gap once: what a customer is called can hold no gap of its own."""
    return GAP.sub(lambda gap: values[gap[1]], text)


def international(number: str) -> str:
    """“38761111111” and “0038761111111” as “+38761111111”; what is written otherwise stays."""
    digits = number.removeprefix("00")
    is_whole = digits.isdecimal() and digits.isascii() and not digits.startswith("0")
    return f"+{digits}" if is_whole else number


def says(document: Any, path: str, words: str) -> bool:
    return storable(value_at(document, path), 80) in words.split(",")


def read_body(request: HttpRequest) -> Any:
    """JSON, or a form's fields. Raises Garbled."""
    if request.content_type == "application/x-www-form-urlencoded":
        return request.POST.dict()
    return json_in(request.body)
