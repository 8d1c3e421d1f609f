from collections.abc import Callable
from functools import partial

from celery import shared_task
from django.utils import timezone

from customers.models import Channel
from events.doorbell import ring
from surveys.answering.settling import settle_started
from surveys.answering.uploads import throw_away_unanswered
from surveys.campaigns.comparing import choose_better_subjects
from surveys.campaigns.life import finish_campaigns, start_due_campaigns
from surveys.campaigns.second_looks import look_again
from surveys.comments.topics import read_comments
from surveys.ledger.tallies import count_again
from surveys.planning.one_by_one import one_by_one
from surveys.planning.reminders import plan_reminders
from surveys.planning.rounds import plan_rounds
from surveys.sending.claiming import return_leases
from surveys.sending.places import place_to_send
from surveys.sending.shifts import send_due_invitations
from surveys.switching.running import prune_imports, run_imports


@shared_task(soft_time_limit=600, time_limit=660)  # planning many millions takes minutes
def run_campaigns_task() -> None:
    """The sweep of all campaigns; also what the bell of a new one rings. Others pass by what one is at."""
    at = timezone.now()
    steps: list[Callable[[], int | None]] = [
        return_leases,
        partial(start_due_campaigns, at=at),
        partial(look_again, at=at),
        partial(plan_rounds, at=at),
        partial(choose_better_subjects, at=at),
        partial(plan_reminders, at=at),
        partial(finish_campaigns, at=at),
    ]
    try:
        one_by_one(steps, lambda step: step())
    finally:
        for channel in Channel:
            ring(send_invitations_task, channel=channel.value)


@shared_task
def send_invitations_task(*, channel: str) -> None:
    with place_to_send(Channel(channel)) as is_free:
        is_done = not is_free or send_due_invitations(at=timezone.now(), channel=Channel(channel))
    if not is_done:
        ring(send_invitations_task, channel=channel)


@shared_task
def count_campaign_task(*, tally: int) -> None:
    """For a page that shows how a large campaign stands."""
    count_again(tally=tally, at=timezone.now())


@shared_task
def settle_started_task() -> None:
    settle_started(at=timezone.now())


@shared_task
def throw_away_files_task() -> None:
    throw_away_unanswered(at=timezone.now())


@shared_task
def import_answers_task() -> None:
    if not run_imports(at=timezone.now()):
        ring(import_answers_task)


@shared_task
def prune_answer_imports_task() -> None:
    prune_imports(at=timezone.now())


@shared_task
def read_comments_task() -> None:
    if not read_comments():
        ring(read_comments_task)
