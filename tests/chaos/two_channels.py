"""The campaign that goes out in the storm: half of the customers by mail, half by SMS, each reminded once."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import django
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone

django.setup()

from customers.models import Customer, Identity  # noqa: E402  Django is set up first
from surveys.campaigns.life import schedule_campaign  # noqa: E402  Django is set up first
from surveys.models import Campaign, Invitation, Question, SendingLimit, Survey  # noqa: E402  Django is set up first
from surveys.writing.publishing import publish_survey  # noqa: E402  Django is set up first
from tests.chaos.aftermath import Aftermath  # noqa: E402  Django is set up first

FINAL = {Invitation.State.SENT, Invitation.State.FAILED, Invitation.State.EXCLUDED, Invitation.State.UNKNOWN}


@dataclass
class Campaigning:
    campaign: Campaign
    recipients: int

    @classmethod
    def begin(cls, recipients: int, *, seconds: float) -> Self:
        """Everybody is asked and reminded within about so many seconds: as fast as that the providers may be used."""
        call_command("migrate", verbosity=0)
        now = timezone.now()
        people = Customer.objects.bulk_create(
            [Customer(first_name=f"Customer {n}", created_at=now, updated_at=now) for n in range(recipients)],
            500,
        )
        Identity.objects.bulk_create((identity_of(customer) for customer in people), 500)
        survey = Survey.objects.create(name="How are we doing?")
        Question.objects.create(survey=survey, position=1, key="nps", kind=Question.Kind.NPS)
        publish_survey(survey=survey, by=None, at=now)
        survey.refresh_from_db()
        campaign = Campaign.objects.create(
            name="In the storm",
            survey=survey,
            channels=["email", "sms"],
            subject={"en": "A word?"},
            body={"en": "Hello"},
            reminders=1,
        )
        for channel in campaign.channels:
            SendingLimit.objects.create(channel=channel, per_minute=round(recipients * 60 / seconds))
        schedule_campaign(campaign=campaign, by=None, starts_at=now, at=now)
        Campaign.objects.update(remind_after_days=0)  # no day of a storm is waited for
        connection.close()
        return cls(campaign, recipients)

    def rows(self) -> Any:
        return Invitation.objects.filter(wave__campaign=self.campaign)

    def is_settled(self) -> bool:
        """Everybody is in a final state, and whoever was sent the invitation was reminded."""
        try:
            counted = self.rows().count()
            waiting = self.rows().filter(state__in=Invitation.PENDING).exists()
            unreminded = self.rows().filter(state=Invitation.State.SENT, reminders_sent=0).exists()
        except OperationalError:
            connection.close()
            return False
        return counted == self.recipients and not waiting and not unreminded

    def wait_until_settled(self, *, patience: float) -> None:
        give_up_at = time.monotonic() + patience
        while not self.is_settled() and time.monotonic() < give_up_at:
            time.sleep(1)

    def aftermath(
        self, *, taken: Counter[str], faults: Mapping[str, int], may_be_unknown: int, seconds: float
    ) -> Aftermath:
        """Compare what the ledger says of each address with how often it was really written to."""
        rows = list(self.rows().values_list("address", "state", "sent_at", "reminders_sent"))
        too_often, too_seldom = [], []
        for address, state, sent_at, reminders in rows:
            told = (sent_at is not None) + reminders
            perhaps = told + (state == Invitation.State.UNKNOWN)
            if taken[address] > perhaps:
                too_often.append(address)
            if taken[address] < told:
                too_seldom.append(address)
        states = Counter(state for _address, state, _sent, _reminders in rows)
        return Aftermath(
            recipients=self.recipients,
            faults=dict(faults),
            states=dict(states),
            reminded=sum(reminders > 0 for _address, _state, _sent, reminders in rows),
            unsettled=self.recipients - sum(states[state] for state in FINAL),
            too_often=too_often,
            too_seldom=too_seldom,
            unknown=states[Invitation.State.UNKNOWN],
            may_be_unknown=may_be_unknown,
            seconds=seconds,
        )


def identity_of(customer: Customer) -> Identity:
    if customer.pk % 2:
        value, kind = f"c{customer.pk}@customers.example", Identity.Kind.EMAIL
    else:
        value, kind = f"+38761{customer.pk:06d}", Identity.Kind.PHONE
    return Identity(customer=customer, kind=kind, value=value, digest=f"digest {customer.pk}")
