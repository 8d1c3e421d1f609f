"""Forgetting what is old: a rule says for how long, and a task a night does it in small batches."""

import calendar
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from customers.imports.uploads import forget_file
from customers.models import Customer, CustomerImport, Erasure, RefusedRow, RetentionRule
from customers.privacy.erasing import AlreadyErased, erase_customer
from customers.privacy.holdings import ImportInTheWay
from customers.privacy.personal import Retention, retentions
from events.boundary import EARLIEST_YEAR
from events.lookups import Among
from mail.models import KeptMail

BATCH = 500
COUNTED_AT_MOST = 10_000
ENDED = (CustomerImport.State.DONE, CustomerImport.State.FAILED)


def months_before(at: datetime, months: int) -> datetime:
    """The same day of the month `months` earlier, or its last day where it is shorter."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    year = max(year, EARLIEST_YEAR)  # nothing is older
    day = min(at.day, calendar.monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)


def due_rows(rule: RetentionRule, *, at: datetime) -> QuerySet[Any]:
    return retentions()[rule.kind].due(months_before(at, rule.months))


def count_due(rule: RetentionRule, *, at: datetime) -> int:
    """How many rows the rule would touch now; counting ends at COUNTED_AT_MOST."""
    return due_rows(rule, at=at).order_by()[:COUNTED_AT_MOST].count()


def apply_retention(*, at: datetime) -> int:
    """Run every active rule to its end; returns how many rows were touched."""
    return sum(apply_rule(rule, at=at) for rule in RetentionRule.objects.filter(is_active=True))


def apply_rule(rule: RetentionRule, *, at: datetime) -> int:
    """Batch after batch, each committed by itself: a run cut short goes on the next night."""
    touched, last = 0, 0
    rows = due_rows(rule, at=at).order_by("pk")
    while pks := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:BATCH]):
        touched += retentions()[rule.kind].forget(pks, at)
        last = pks[-1]
        RetentionRule.objects.filter(pk=rule.pk).update(last_run_at=at, last_count=touched)
    RetentionRule.objects.filter(pk=rule.pk).update(last_run_at=at, last_count=touched)
    return touched


def forget_mails(pks: Sequence[int], at: datetime) -> int:
    return KeptMail.objects.filter(Among("pk", pks)).delete()[0]


def forget_files(pks: Sequence[int], at: datetime) -> int:
    """Refused rows and the file itself; what the import did stays to be read."""
    refused, _models = RefusedRow.objects.filter(Among("customer_import", pks)).delete()
    for each in CustomerImport.objects.filter(Among("pk", pks)).exclude(file=""):
        forget_file(each)
    CustomerImport.objects.filter(Among("pk", pks)).update(file="")
    return refused + len(pks)


def old_files(before: datetime) -> QuerySet[CustomerImport]:
    ended = CustomerImport.objects.filter(state__in=ENDED, created_at__lt=before)
    return ended.exclude(file="") | ended.filter(
        pk__in=RefusedRow.objects.order_by().values("customer_import")
    )


def inactive_customers(before: datetime) -> QuerySet[Customer]:
    """Present customers of whom nothing was heard or written down since."""
    customers = Customer.objects.filter(updated_at__lt=before, created_at__lt=before)
    heard = customers.filter(interactions__at__gte=before) | customers.filter(
        responses__submitted_at__gte=before
    )
    inactive: QuerySet[Customer] = customers.exclude(pk__in=heard.order_by().values("pk"))
    return inactive


def erase_inactive(pks: Sequence[int], at: datetime) -> int:
    return sum(erase_one(customer, at=at) for customer in Customer.objects.filter(Among("pk", pks)))


def erase_one(customer: Customer, *, at: datetime) -> bool:
    try:
        erase_customer(customer=customer, by=None, at=at, reason=Erasure.Reason.RETENTION)
    except (AlreadyErased, ImportInTheWay):
        return False
    return True


OLD_MAILS = Retention(
    kind="mails",
    title=_("Kept mails"),
    what_happens=_("deleted"),
    due=lambda before: KeptMail.objects.filter(kept_at__lt=before),
    forget=forget_mails,
)
OLD_FILES = Retention(
    kind="files",
    title=_("Import files and refused rows"),
    what_happens=_("deleted"),
    due=old_files,
    forget=forget_files,
)
INACTIVE_CUSTOMERS = Retention(
    kind="customers",
    title=_("Customers without any activity"),
    what_happens=_("erased, each with a receipt"),
    due=inactive_customers,
    forget=erase_inactive,
)
