"""SMS that people send us, as providers hand them in: each is kept once and announced; whoever writes STOP is written to
no more."""

import json
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from events.publishing import publish
from mail.models import ReceivedLetter
from mail.reading import Channel, Kind, Report, natural_event
from mail.reports import record_reports
from mail.sms.texts import Text


def take_texts(texts: Sequence[Text], *, at: datetime) -> None:
    """Keep and announce what people wrote; of one that was here before nothing happens."""
    stops = [report_of(text, at=at) for text in texts if text.says_stop]
    if stops:
        record_reports(reports=stops, at=at)
    for text in texts:
        if not text.says_stop:
            keep(text, at=at)


def report_of(text: Text, *, at: datetime) -> Report:
    return Report(
        channel=Channel.SMS,
        provider=text.provider,
        event=natural_event(text.event, Kind.UNSUBSCRIBED),
        kind=Kind.UNSUBSCRIBED,
        at=at,
        message_id=text.event,
        recipient=text.sender,
        words=text.text,
    )


@transaction.atomic
def keep(text: Text, *, at: datetime) -> None:
    row, is_new = ReceivedLetter.objects.get_or_create(
        fingerprint=natural_event(Channel.SMS, text.provider, text.event),
        defaults={
            "channel": Channel.SMS,
            "sender": text.sender,
            "content": json.dumps({"text": text.text, "attachments": text.attachments}).encode(),
            "received_at": at,
        },
    )
    if is_new:
        publish("mail.text_received", subject=row.pk, at=at)


def words_of(row: ReceivedLetter) -> tuple[str, list[str]]:
    """What an SMS that is kept says, and what came with it; nothing of one that was forgotten."""
    document = json.loads(bytes(row.content) or b"{}")
    return document.get("text", ""), document.get("attachments", [])
