"""The way out through the company's own app: it gets the message as JSON and brings it to the customer itself.

Calls are signed as Standard Webhooks are, in both directions, with MESSAGE_WEBHOOK_SECRET. `webhook-id` is what we
know the message by, and stays the same when a call is repeated, so the app can tell a repeat.
"""

import json
import time
from datetime import UTC, datetime
from functools import partial

from django.conf import settings
from django.http import HttpRequest
from standardwebhooks import Webhook, WebhookVerificationError

from mail.calls import Calls
from mail.endings import ending_of, failure_of, is_success
from mail.messages import Ending, Message, Outcome
from mail.outbound import Answer, Client, Request
from mail.reading import Channel, Forged, Garbled, Kind, Report, json_in
from mail.texts import LONGEST_ID, storable, value_at

PROVIDER = "app"
KINDS = {f"message.{kind.value}": kind for kind in Kind}


def webhook_post(url: str) -> Calls:
    return Calls(
        partial(hand_to_app, url),
        connections=settings.WEBHOOK_CONNECTIONS,
        timeout=settings.OUTBOUND_TIMEOUT,
        is_repeatable=True,
    )


def hand_to_app(url: str, message: Message, client: Client) -> Outcome:
    document = {"type": "message.send", "id": message.key, "to": message.recipient}
    body = json.dumps(document | {"message": json.loads(message.content)}, ensure_ascii=False)
    request = Request(url=url, headers=signed(body, key=message.key), body=body.encode())
    return ending_of(lambda: client.send(request), understand=lambda answer: understand(answer, message))


def signed(body: str, *, key: str) -> dict[str, str]:
    """A signature proves when it was made, so it reads the clock itself. An id of Standard Webhooks has no dots."""
    number = key.replace(".", "-")
    moment = datetime.fromtimestamp(int(time.time()), UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": number,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(settings.MESSAGE_WEBHOOK_SECRET).sign(number, moment, body),
    }


def understand(answer: Answer, message: Message) -> Outcome:
    """An app that has a number of its own for the message may say it as `id`."""
    if not is_success(answer):
        return failure_of(answer)
    message_id = storable(answer.document().get("id"), LONGEST_ID) or message.key
    return Outcome(Ending.ACCEPTED, answer.words, id=message_id)


def read_reports(request: HttpRequest, *, at: datetime) -> list[Report]:
    """`{"type": "message.delivered", "id": "…"}`, and so on for every kind. Raises Forged or Garbled."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        Webhook(settings.MESSAGE_WEBHOOK_SECRET).verify(request.body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        raise Forged from error
    document = json_in(request.body)
    kind = KINDS.get(storable(value_at(document, "type"), 40))
    key = storable(value_at(document, "id"), LONGEST_ID)
    if not kind or not key:
        raise Garbled
    event = storable(headers["webhook-id"], LONGEST_ID)
    words = storable(value_at(document, "words"), 500)
    fact = Report(channel=Channel.APP, provider=PROVIDER, event=event, kind=kind, at=at, key=key, words=words)
    return [fact]
