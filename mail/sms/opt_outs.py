"""Numbers that asked the provider for no more: it says so only when one more message is handed over."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from mail.calls import Calls
from mail.messages import Message, Outcome
from mail.reading import Channel, Kind, Report, natural_event
from mail.reports import record_reports
from mail.sms.post import sms_post
from mail.sms.provider import Provider


class HeedingPost:
    """Hands over by `provider`, and writes its opt-outs down as if it had reported them."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.calls: Calls = sms_post(provider)
        self.width = self.calls.width

    def hand_over(self, messages: Sequence[Message]) -> list[Outcome]:
        outcomes = self.calls.hand_over(messages)
        at = timezone.now()
        reports = [
            self.opt_out(message, outcome, at=at)
            for message, outcome in zip(messages, outcomes, strict=True)
            if outcome.opted_out
        ]
        if reports:
            record_reports(reports=reports, at=at)
        return outcomes

    def opt_out(self, message: Message, outcome: Outcome, *, at: datetime) -> Report:
        return Report(
            channel=Channel.SMS,
            provider=self.provider.name,
            event=natural_event(message.key, Kind.UNSUBSCRIBED),
            kind=Kind.UNSUBSCRIBED,
            at=at,
            key=message.key,
            recipient=message.recipient,
            words=outcome.words,
        )

    def close(self) -> None:
        self.calls.close()
