"""Delivery reports: each fact is written down once, however often and in whatever order it is told, and announced."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from events.lookups import Among
from events.publishing import publish_each
from mail.machines import AT_ONCE, Fetch, clicks_at_once, sign_of_machine
from mail.models import DeliveryReport
from mail.reading import Kind, Report
from mail.texts import LONGEST_ID, storable

TRIES = 3
BATCH = 5000
MAILBOX = re.compile(r"[^\s<>\"'(),:;\[\]]+@")


def record_reports(*, reports: Sequence[Report], at: datetime) -> int:
    """Write down and announce what is new; returns how much. `at` is when it was told."""
    for tries_left in reversed(range(TRIES)):
        try:
            return record_new(reports, at=at)
        except IntegrityError:  # told twice at the same moment: now the other's rows are there
            if not tries_left:
                raise
    return 0


@transaction.atomic
def record_new(reports: Sequence[Report], *, at: datetime) -> int:
    by_event = {(report.provider, storable(report.event, LONGEST_ID)): report for report in reports}
    known = DeliveryReport.objects.filter(
        provider__in={provider for provider, _event in by_event},
        event__in=[event for _provider, event in by_event],
    )
    for fact in known.values_list("provider", "event"):
        by_event.pop(fact, None)
    rows = DeliveryReport.objects.bulk_create(row_of(report, at=at) for report in by_event.values())
    announce("mail.delivery_reported", rows)
    recognise_machines([row for row in rows if row.kind == Kind.CLICKED and row.message_id])
    return len(rows)


def row_of(report: Report, *, at: datetime) -> DeliveryReport:
    return DeliveryReport(
        channel=report.channel,
        provider=report.provider,
        event=storable(report.event, LONGEST_ID),
        kind=report.kind,
        message_id=storable(report.message_id, LONGEST_ID),
        key=storable(report.key, LONGEST_ID),
        digest=digest_of(report),
        words=without_address(storable(report.words, 1000), report.recipient)[:500],
        link=report.link,
        is_machine=report.is_machine,
        at=min(report.at, at),  # others' clocks may be ahead
        received_at=at,
    )


def digest_of(report: Report) -> str:
    """By what the room above recognises an address."""
    digest: str = import_string(settings.RECIPIENT_DIGEST)(channel=report.channel, address=report.recipient)
    return digest


def without_address(words: str, recipient: str) -> str:
    """Servers repeat the address they speak of; who reads the words need not see it."""
    if recipient:
        words = re.sub(re.escape(recipient), "…", words, flags=re.IGNORECASE)
    return MAILBOX.sub("…@", words)


def recognise_machines(clicks: Sequence[DeliveryReport]) -> None:
    """Mark clicks on several links of one mail within seconds; those told earlier too."""
    if not clicks:
        return
    around = DeliveryReport.objects.filter(
        kind=Kind.CLICKED,
        message_id__in={click.message_id for click in clicks},
        at__range=(min(click.at for click in clicks) - AT_ONCE, max(click.at for click in clicks) + AT_ONCE),
    )
    by_message: dict[str, list[DeliveryReport]] = {}
    for click in around.order_by("pk"):
        by_message.setdefault(click.message_id, []).append(click)
    machines = [click for group in by_message.values() for click in machine_clicks(group)]
    DeliveryReport.objects.filter(pk__in=[click.pk for click in machines]).update(is_machine=True)
    announce("mail.machine_recognised", machines)


def machine_clicks(clicks: Sequence[DeliveryReport]) -> Iterable[DeliveryReport]:
    for click, links in zip(clicks, clicks_at_once((click.at, click.link) for click in clicks), strict=True):
        if not click.is_machine and sign_of_machine(Fetch(links_at_once=links)):
            click.is_machine = True
            yield click


def announce(fact: str, rows: Sequence[DeliveryReport]) -> None:
    """With all that those need who may not look into this room."""
    publish_each(
        fact,
        (
            (
                row.pk,
                row.at,
                {
                    "channel": row.channel,
                    "kind": row.kind,
                    "message_id": row.message_id,
                    "key": row.key,
                    "digest": row.digest,
                    "is_machine": row.is_machine,
                    "words": row.words,
                },
            )
            for row in rows
        ),
    )


def prune_reports(*, at: datetime) -> int:
    """Forget what was told long ago; returns how much."""
    old = DeliveryReport.objects.filter(received_at__lt=at - settings.DELIVERY_REPORTS_KEPT)
    forgotten = 0
    while pks := list(old.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        forgotten += DeliveryReport.objects.filter(Among("pk", pks)).delete()[0]
    return forgotten
