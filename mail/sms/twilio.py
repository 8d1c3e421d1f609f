"""SMS through Twilio, or whoever speaks its HTTP: a form in, a message SID out, signed calls back."""

import hmac
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from urllib.parse import quote, urlencode

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from mail.endings import ending_of, failure_of, is_success
from mail.findings import Finding, State
from mail.messages import Ending, Message, Outcome
from mail.outbound import Answer, Client, NoAnswer, NotReached, Request
from mail.reading import Channel, Garbled, Kind, Report, check_signature, natural_event
from mail.service_urls import ServiceUrl
from mail.sms.provider import Provider
from mail.sms.texts import LONGEST_TEXT, Text
from mail.texts import LONGEST_ID, storable

VERSION = "/2010-04-01/Accounts/"
OPTED_OUT = "21610"
MOST_MEDIA = 10  # of one message
OURS = {
    "21212",
    "21603",
    "21606",
    "21611",
    "21659",
    "21660",
}  # what is wrong is our sender or the account, not the message
NOBODY_THERE = {"21211", "21614", "30005", "30006"}  # no such number, or a landline
KINDS = {
    "sent": Kind.SENT,
    "delivered": Kind.DELIVERED,
    "undelivered": Kind.UNDELIVERED,
    "failed": Kind.REJECTED,
}
ON_ITS_WAY = {"accepted", "scheduled", "queued", "sending"}


@dataclass(frozen=True, slots=True)
class Twilio(Provider):
    base: str
    account: str
    token: str
    sender: str
    name: str = "twilio"

    @classmethod
    def at(cls, service: ServiceUrl) -> Self:
        """Raises ImproperlyConfigured."""
        service.check_options({"from", "tls"})
        if not (service.user and service.password and service.options.get("from")):
            raise ImproperlyConfigured(
                "SMS_URL must have the account's SID, its token and from=, a number or service."
            )
        base = service.web_address.rstrip("/")
        return cls(base, service.user, service.password, service.options["from"])

    @property
    def headers(self) -> dict[str, str]:
        secret = b64encode(f"{self.account}:{self.token}".encode()).decode()
        return {"Authorization": f"Basic {secret}", "Content-Type": "application/x-www-form-urlencoded"}

    def hand_over(self, message: Message, client: Client) -> Outcome:
        is_service = not message.sender and self.sender.startswith("MG")
        form = {
            "To": message.recipient,
            "MessagingServiceSid" if is_service else "From": message.sender or self.sender,
            "Body": message.content.decode(),
            "StatusCallback": callback_for(message.key),
        }
        url = f"{self.base}{VERSION}{quote(self.account)}/Messages.json"
        request = Request(url=url, headers=self.headers, body=urlencode(form).encode())
        return ending_of(lambda: client.send(request), understand=understand)

    def read_reports(self, request: HttpRequest, *, at: datetime) -> list[Report]:
        form = request.POST
        check_signature(request.headers.get("X-Twilio-Signature", ""), self.signature_of(request))
        message_id = storable(form.get("MessageSid") or form.get("SmsSid"), LONGEST_ID)
        status = storable(form.get("MessageStatus") or form.get("SmsStatus"), 40).lower()
        if not message_id or status not in KINDS.keys() | ON_ITS_WAY:
            raise Garbled
        if status in ON_ITS_WAY:
            return []
        code = storable(form.get("ErrorCode"), 10)
        words = " ".join(filter(None, (status, code, storable(form.get("ErrorMessage"), 400))))
        return [
            Report(
                channel=Channel.SMS,
                provider=self.name,
                event=natural_event(message_id, status),
                kind=kind_of(status, code),
                at=at,
                message_id=message_id,
                key=storable(request.GET.get("key"), LONGEST_ID),
                recipient=storable(form.get("To"), 40),
                words=words,
            )
        ]

    def read_texts(self, request: HttpRequest) -> list[Text]:
        form = request.POST
        check_signature(request.headers.get("X-Twilio-Signature", ""), self.signature_of(request))
        event, sender = storable(form.get("MessageSid"), LONGEST_ID), storable(form.get("From"), 40)
        if not event or not sender or "Body" not in form:
            raise Garbled
        media = (storable(form.get(f"MediaContentType{n}"), 120) for n in range(MOST_MEDIA))
        return [
            Text(
                provider=self.name,
                event=event,
                sender=sender,
                text=storable(form["Body"], LONGEST_TEXT),
                attachments=tuple(filter(None, media)),
                is_told_to_stop=form.get("OptOutType") == "STOP",
            )
        ]

    def signature_of(self, request: HttpRequest) -> str:
        """Over the address that we asked to be called at, and the form's fields in alphabetical order."""
        address = settings.PUBLIC_BASE_URL + request.get_full_path()
        fields = "".join(
            name + value for name in sorted(request.POST) for value in sorted(set(request.POST.getlist(name)))
        )
        digest = hmac.digest(self.token.encode(), (address + fields).encode("utf-8", "replace"), "sha1")
        return b64encode(digest).decode()

    def check(self, client: Client) -> Finding:
        url = f"{self.base}{VERSION}{quote(self.account)}.json"
        try:
            answer = client.send(Request(method="GET", url=url, headers=self.headers))
        except (NotReached, NoAnswer) as error:
            return Finding("SMS", State.UNKNOWN, str(error))
        if is_success(answer) and answer.document().get("status") == "active":
            return Finding("SMS", State.OK, _("The account is active."))
        return Finding("SMS", State.MISSING, _("The provider answers: %(words)s") % {"words": answer.words})


def callback_for(key: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}{reverse('mail-sms-reports')}?{urlencode({'key': key})}"


def understand(answer: Answer) -> Outcome:
    document = answer.document()
    if is_success(answer):
        message_id = storable(document.get("sid"), LONGEST_ID)
        return Outcome(Ending.ACCEPTED if message_id else Ending.UNKNOWN, answer.words, id=message_id)
    code = storable(document.get("code"), 10)
    if code == OPTED_OUT:
        return Outcome(Ending.REFUSED, answer.words, opted_out=True)
    return Outcome(Ending.NOT_SENT, answer.words) if code in OURS else failure_of(answer)


def kind_of(status: str, code: str) -> Kind:
    if code in NOBODY_THERE:
        return Kind.BOUNCED
    return Kind.UNSUBSCRIBED if code == OPTED_OUT else KINDS[status]
