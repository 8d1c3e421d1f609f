"""What an SMS provider can do, whoever it is."""

from datetime import datetime
from typing import Protocol

from django.http import HttpRequest

from mail.findings import Finding
from mail.messages import Message, Outcome
from mail.outbound import Client
from mail.reading import Report
from mail.sms.texts import Text


class Provider(Protocol):
    @property
    def name(self) -> str: ...

    def hand_over(self, message: Message, client: Client) -> Outcome: ...

    def read_reports(self, request: HttpRequest, *, at: datetime) -> list[Report]:
        """What a provider's call says about messages. Raises Forged or Garbled."""
        ...

    def read_texts(self, request: HttpRequest) -> list[Text]:
        """What people wrote to us, as a provider's call hands it in. Raises Forged or Garbled."""
        ...

    def check(self, client: Client) -> Finding:
        """Whether the provider would take messages now, as far as it tells without one."""
        ...
