"""A campaign sent by a real worker that is killed again and again, judged by what the mail server wrote down."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.utils import timezone

from customers.models import Customer, Identity
from surveys.campaigns.life import schedule_campaign
from surveys.models import Campaign, Claim, Invitation, Question, Survey
from surveys.writing.publishing import publish_survey
from tests.sink import Sink


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is left to say when the campaign is over; `doubled` and `lost` must be empty."""

    states: dict[str, int]
    doubled: list[str]
    lost: list[str]
    unknown: int
    unknown_that_arrived: int
    kills: int
    seconds: float


def make_campaign(recipients: int) -> Campaign:
    """A campaign for so many new customers, due now."""
    now = timezone.now()
    customers = Customer.objects.bulk_create(
        [Customer(first_name=f"Customer {n}", created_at=now, updated_at=now) for n in range(recipients)], 500
    )
    Identity.objects.bulk_create(
        [
            Identity(customer=c, kind="email", value=f"c{c.pk}@customers.example", digest=f"digest {c.pk}")
            for c in customers
        ],
        500,
    )
    survey = Survey.objects.create(name="How are we doing?")
    Question.objects.create(survey=survey, position=1, key="nps", kind=Question.Kind.NPS)
    publish_survey(survey=survey, by=None, at=now)
    campaign = Campaign.objects.create(
        name="Under fire", survey=survey, subject={"en": "A word?"}, body={"en": "Hello"}, reminders=0
    )
    schedule_campaign(campaign=campaign, by=None, starts_at=now, at=now)
    return campaign


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A Celery worker and scheduler in a process group of their own."""
    command = [
        sys.executable, "-m", "celery", "-A", "cxplatform", "worker", "--beat", "--pool", "threads",
        "--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "ERROR",
    ]  # fmt: skip
    with subprocess.Popen(
        command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def sent_so_far(sink: Sink) -> int:
    return sink.log.read_bytes().count(b"\n") if sink.log.exists() else 0


def run(
    campaign: Campaign, *, sink: Sink, kills: int, environment: dict[str, str], patience: float
) -> Verdict:
    """Send `campaign`, killing the worker `kills` times on the way, evenly over the recipients."""
    began = time.monotonic()
    recipients = Customer.objects.count()
    for kill in range(1, kills + 1):
        with worker(environment) as process:
            wait_for(lambda goal=kill * recipients // (kills + 1): sent_so_far(sink) >= goal, patience)
            os.killpg(process.pid, signal.SIGKILL)
        end_leases()
    with worker(environment):
        wait_for(lambda: not pending(campaign), patience)
    return judge(campaign, sink=sink, kills=kills, seconds=time.monotonic() - began)


def end_leases() -> None:
    """As if the lease's minutes had passed; waiting them out would only make the run longer."""
    Claim.objects.update(lease_until=timezone.now())


def pending(campaign: Campaign) -> bool:
    rows = Invitation.objects.filter(wave__campaign=campaign)
    return not rows.exists() or rows.filter(state__in=Invitation.PENDING).exists()


def wait_for(condition: object, patience: float) -> None:
    give_up_at = time.monotonic() + patience
    while not condition():  # type: ignore[operator]
        if time.monotonic() > give_up_at:
            raise TimeoutError("The campaign did not get on.")
        time.sleep(0.02)


def judge(campaign: Campaign, *, sink: Sink, kills: int, seconds: float) -> Verdict:
    """Compare the send ledger with the mail server's own record."""
    arrived = Counter(sink.accepted())
    rows = list(Invitation.objects.filter(wave__campaign=campaign).values_list("address", "state"))
    unknown = [address for address, state in rows if state == Invitation.State.UNKNOWN]
    return Verdict(
        states=dict(Counter(state for _address, state in rows)),
        doubled=sorted(address for address, times in arrived.items() if times > 1),
        lost=sorted(
            address for address, state in rows if state == Invitation.State.SENT and not arrived[address]
        ),
        unknown=len(unknown),
        unknown_that_arrived=sum(1 for address in unknown if arrived[address]),
        kills=kills,
        seconds=seconds,
    )


def environment_for(
    *, state_dir: Path, email_url: str, database_url: str, redis_url: str = ""
) -> dict[str, str]:
    return os.environ | {
        "STATE_DIR": str(state_dir),
        "EMAIL_URL": email_url,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DJANGO_SETTINGS_MODULE": "cxplatform.settings",
    }
