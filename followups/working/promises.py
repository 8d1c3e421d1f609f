"""What is to be done in a follow-up: the steps of its checklist, and what was promised to the customer for a day."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from events.dates import say_day
from followups.alerts.collecting import collect, wants_mail_now
from followups.alerts.owners import address_of, source_of
from followups.models import FollowUp, FollowUpStep, FollowUpTask
from followups.words import customer_words
from staff.models import StaffMail, User
from staff.notifications import notify, post_mails, shortened


class PromiseInThePast(Exception):
    """Nobody can promise a day that is over."""


@transaction.atomic
def promise(
    *, follow_up: FollowUp, by: User | None, text: str, due_date: date, at: datetime, today: date
) -> FollowUpTask:
    """Note what was promised to the customer, and for when; its owner is reminded that day. The same promise is one.

    Raises PromiseInThePast.
    """
    if due_date < today:
        raise PromiseInThePast
    FollowUp.objects.select_for_update().get(pk=follow_up.pk)  # of two clicks at once the second waits
    promises = FollowUpTask.objects.open().filter(follow_up=follow_up, kind=FollowUpTask.Kind.PROMISE)
    if made := promises.filter(text=text, due_date=due_date).first():
        return made
    FollowUpStep.objects.create(
        follow_up=follow_up,
        kind=FollowUpStep.Kind.PROMISED,
        author=by,
        text=f"{text}\n{due_date:%Y-%m-%d}",
        at=at,
    )
    return FollowUpTask.objects.create(
        follow_up=follow_up, kind=FollowUpTask.Kind.PROMISE, text=text, due_date=due_date
    )


@transaction.atomic
def finish_task(*, task: FollowUpTask, by: User, at: datetime) -> bool:
    """Tick it off; False when somebody did before."""
    if not FollowUpTask.objects.open().filter(pk=task.pk).update(done_at=at, done_by=by):
        return False
    FollowUpStep.objects.create(
        follow_up_id=task.follow_up_id, kind=FollowUpStep.Kind.DONE, author=by, text=task.text, at=at
    )
    return True


@transaction.atomic
def remind_of_promises(*, at: datetime, today: date) -> int:
    """Remind owners, once each, of what is promised for today or before; returns how many there were."""
    due = FollowUpTask.objects.promises_due(today).filter(reminded_at=None, follow_up__owner__is_active=True)
    rows = list(due.select_related("follow_up__owner", "follow_up__customer").order_by("pk"))
    FollowUpTask.objects.filter(pk__in=[row.pk for row in rows]).update(reminded_at=at)
    for row in rows:
        if owner := row.follow_up.owner:
            remind(row, owner, at=at)
    return len(rows)


def remind(task: FollowUpTask, owner: User, *, at: datetime) -> None:
    follow_up = task.follow_up
    source = source_of(follow_up, f"promise-{task.pk}")
    with translation.override(owner.language):
        title = promise_words(follow_up, task.text, task.due_date)
    notify(users=[owner], source=source, title=title, body="", url=address_of(follow_up), at=at)
    if not wants_mail_now(owner):
        collect([(follow_up.pk, owner)], at=at)
        return
    post_mails(
        [
            StaffMail(
                user=owner,
                source=source,
                subject=shortened(title),
                body=f"{title}\n\n{settings.PUBLIC_BASE_URL}{address_of(follow_up)}\n",
                due_at=at,
            )
        ]
    )


def promise_words(follow_up: FollowUp, text: str, day: date | None) -> str:
    """“Promised for 5 March to Ana: a new router”."""
    return _("Promised for %(day)s to %(customer)s: %(what)s") % {
        "day": say_day(day) if day else "",
        "customer": customer_words(follow_up),
        "what": text,
    }
