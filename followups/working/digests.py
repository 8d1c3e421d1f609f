"""The one mail a day: what happened since the last one and still waits, by the time that is left.

A mail is written and what it tells is forgotten in one transaction, so that nothing is told twice and nothing is lost.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.lookups import Among
from followups.alerts.overdue import LISTED, named, overdue_title
from followups.alerts.owners import address_of, due_words, owner_title, with_words
from followups.models import DigestEntry, FollowUp, FollowUpTask
from followups.working.promises import promise_words
from staff.access import visible
from staff.models import StaffMail, User
from staff.notifications import post_mails, shortened

ONE_DAY = timedelta(days=1)


def send_digests(*, at: datetime) -> int:
    """Write the mails whose hour has come; returns how many people get one."""
    readers = User.objects.filter(Q(pk__in=DigestEntry.objects.values("user"))).order_by("pk")
    return sum(send_digest(to=reader, at=at) for reader in readers)


@transaction.atomic
def send_digest(*, to: User, at: datetime) -> bool:
    """Whoever chose otherwise meanwhile gets what was kept for them now, or not at all."""
    moment = last_strike(to.mails_hour, at=at) if to.mails == User.Mails.DAILY else at
    source = f"digest:{moment:%Y%m%d%H%M%z}"
    if StaffMail.objects.filter(user=to, source=source).exists():
        return False  # what is noticed late waits for tomorrow's
    entries = DigestEntry.objects.filter(user=to, at__lte=moment)
    told = dict(entries.select_for_update(of=("self",)).values_list("pk", "follow_up"))
    DigestEntry.objects.filter(Among("pk", told)).delete()
    if not told or to.mails == User.Mails.NONE or not to.is_active:
        return False
    theirs = visible(waiting_for(to, at=at).filter(Among("pk", told.values())), to)
    shown = list(with_words(theirs).order_by("due_at", "pk")[: LISTED + 1])
    if not shown:
        return False
    number = len(shown) if len(shown) <= LISTED else theirs.count()
    with translation.override(to.language):
        post_mails([digest_of(shown, number, to=to, source=source, at=at)])
    return True


def waiting_for(user: User, *, at: datetime) -> QuerySet[FollowUp]:
    """What waits for them: their own that run, or hold a promise that is due, and what is overdue in their teams."""
    promises = FollowUpTask.objects.promises_due(timezone.localdate(at)).filter(follow_up=OuterRef("pk"))
    oldest = promises.order_by("due_date", "pk")
    runs = Q(state__in=FollowUp.RUNNING)
    return FollowUp.objects.annotate(
        promised=Subquery(oldest.values("text")[:1]), promised_for=Subquery(oldest.values("due_date")[:1])
    ).filter(runs & Q(due_at__lt=at) | Q(owner=user) & (runs | Q(promised__isnull=False)))


def last_strike(hour: int, *, at: datetime) -> datetime:
    """When the organisation's clock last struck `hour`."""
    local = timezone.localtime(at, timezone.get_default_timezone())
    struck = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return struck if struck <= local else struck - ONE_DAY


def digest_of(shown: list[FollowUp], number: int, *, to: User, source: str, at: datetime) -> StaffMail:
    subject = ngettext("%(n)s follow-up waits for you", "%(n)s follow-ups wait for you", number)
    listed = [
        f"{titles_of(each, at=at)}\n"
        f"{_('Owner')}: {each.owner or _('nobody')} · {_('due')}: {due_words(each)}\n"
        f"{settings.PUBLIC_BASE_URL}{address_of(each)}"
        for each in shown[:LISTED]
    ]
    if number > LISTED:
        address = settings.PUBLIC_BASE_URL + reverse("admin:followups_inbox")
        listed.append(_("All of them: %(address)s") % {"address": address})
    chosen = settings.PUBLIC_BASE_URL + reverse("admin:staff_mail_choice")
    return StaffMail(
        user=to,
        source=source,
        subject=shortened(subject % {"n": number}),
        body="\n\n".join(
            [
                _("What happened since your last mail and still waits, the most urgent first:"),
                *listed,
                _("You chose one mail a day. Change it here: %(address)s") % {"address": chosen},
            ]
        )
        + "\n",
        due_at=at,
    )


def titles_of(follow_up: Any, *, at: datetime) -> str:
    """What has to be done in one of those that wait; what was promised outlives the resolution."""
    titles = [title_of(follow_up, at=at)] if follow_up.state in FollowUp.RUNNING else []
    if follow_up.promised:
        titles.append(promise_words(follow_up, follow_up.promised, follow_up.promised_for))
    return "\n".join(titles)


def title_of(follow_up: FollowUp, *, at: datetime) -> str:
    """What its owner, or whoever answers for the team, has to know of it now."""
    if follow_up.due_at < at:
        return overdue_title(follow_up)
    if follow_up.state == FollowUp.State.OPEN:
        return owner_title(follow_up)
    return _("It waits for an end: %(what)s") % named(follow_up)
