"""Writing a chunk of rows: a handful of statements, however many rows there are.

A row is about the customer known by any of its identities, as customers/resolving.py says; those of two people leave a
conflict that waits for a person. What the row does not say stays as it is; an address in the file becomes the primary
one; a withdrawn consent stays withdrawn.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from customers.bulk import identities_among, insert_rows, reserve_ids, update_rows
from customers.identities import digest_of
from customers.imports.rows import Row
from customers.lookup import Known as Told
from customers.models import Channel, Consent, ConsentRecord, Customer, CustomerImport, Identity
from customers.resolving import record_conflicts
from events.lookups import Among
from staff.access import limit_of, within
from staff.models import Unit
from staff.units import units_below

COLUMNS = (
    "first_name", "last_name", "language", "time_zone", "country", "customer_since", "left_date", "unit_id", "preferred_channel",
)  # fmt: skip
CUSTOMER_COLUMNS = (*COLUMNS, "attributes", "last_import_id", "updated_at", "created_at", "id")
IDENTITY_COLUMNS = ("customer_id", "kind", "source", "value", "digest", "is_primary")
CONSENT_COLUMNS = ("customer_id", "purpose", "channel", "state", "source", "at")
RECORD_COLUMNS = ("customer_number", "purpose", "channel", "state", "source_kind", "source_number", "at")
REACHED_BY = (Identity.Kind.EMAIL.value, Identity.Kind.PHONE.value)  # by one primary of each kind
SURVEY_MAIL = {"purpose": Consent.Purpose.SURVEY.value, "channel": Channel.EMAIL.value}

IMPORT = "import"

Key = tuple[str, str]  # kind and value; external ids are those of the file's source


@dataclass(slots=True)
class Known:
    """An identity that is there already."""

    pk: int
    customer_id: int
    is_primary: bool


@dataclass(slots=True)
class Written:
    """What became of a chunk."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Row] = field(default_factory=list)
    new: list[Row] = field(default_factory=list)
    changes: list["Change"] = field(default_factory=list)


@dataclass(slots=True)
class Change:
    """A customer who is there already, and the row about them.

    `before` is what was known; `answers` are identities and consents that change: (what, old, new).
    """

    row: Row
    customer_id: int
    is_changed: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)
    answers: list[tuple[str, str, str]] = field(default_factory=list)


def write_rows(rows: Sequence[Row], *, customer_import: CustomerImport, at: datetime) -> Written:
    """Create or update the customers of `rows`; call it in a transaction. Rows that cannot be written are refused."""
    written = Written(refused=[row for row in rows if row.problem])
    good = [row for row in rows if not row.problem]
    known = known_identities(good, source=customer_import.source)
    new, changes = match_rows(good, known=known, customer_import=customer_import, refused=written.refused)
    record_conflicts(
        conflicts_among(good, known=known, source=customer_import.source),
        source=customer_import.source or IMPORT,
        at=at,
    )
    create_customers(new, customer_import=customer_import, at=at)
    update_customers(changes, known=known, customer_import=customer_import, at=at)
    written.new, written.changes = new, changes
    written.created = len(new)
    written.updated = sum(change.is_changed for change in changes)
    written.unchanged = len(changes) - written.updated
    written.refused.sort(key=lambda row: row.line)
    return written


def source_of_kind(kind: str, source: str) -> str:
    """Only external ids belong to the program the file comes from."""
    return source if kind == Identity.Kind.EXTERNAL else ""


def conflicts_among(
    rows: Iterable[Row], *, known: Mapping[Key, Known], source: str
) -> list[tuple[list[Told], set[int]]]:
    """The identities of each row that belong to several customers, and these."""
    conflicts = []
    for row in rows:
        owners = {known[key].customer_id for key in row.identities if key in known}
        if len(owners) > 1:
            told = [Told(kind, value, source_of_kind(kind, source)) for kind, value in row.identities]
            conflicts.append((told, owners))
    return conflicts


def units_by_name(customer_import: CustomerImport) -> dict[str, int | None]:
    """The units the file may name, by name in lower case; None where several share it."""
    if "unit" not in customer_import.mapping.values():
        return {}
    limit = limit_of_importer(customer_import)
    found: dict[str, int | None] = {}
    for pk, name in (units_below(limit) if limit else Unit.objects.all()).values_list("pk", "name"):
        found[name.casefold()] = None if name.casefold() in found else pk
    return found


def known_identities(rows: Iterable[Row], *, source: str) -> dict[Key, Known]:
    wanted: dict[str, list[str]] = {}
    for row in rows:
        for kind, value in row.identities:
            wanted.setdefault(kind, []).append(value)
    return {
        (kind, value): Known(pk, customer_id, is_primary)
        for kind, values in wanted.items()
        for value, pk, customer_id, is_primary in identities_among(
            values, kind=kind, source=source_of_kind(kind, source)
        )
    }


def match_rows(
    rows: Iterable[Row], *, known: Mapping[Key, Known], customer_import: CustomerImport, refused: list[Row]
) -> tuple[list[Row], list[Change]]:
    """Who is new and who is there already; the second row about anybody in one file is refused."""
    seen_keys: dict[Key, int] = {}
    seen_customers: dict[int, int] = {}
    done_before = customers_done(known, customer_import)
    strangers = customers_elsewhere(known, customer_import)
    new: list[Row] = []
    changes: list[Change] = []
    for row in rows:
        owners = {known[key].customer_id for key in row.identities if key in known}
        row.problem = (
            said_twice(row, seen_keys)
            or (
                _("Its identities belong to different customers: that waits under Identity conflicts.")
                if len(owners) > 1
                else ""
            )
            or (_("A customer of another unit is known by this.") if owners & strangers else "")
            or customer_twice(owners, seen_customers, done_before)
        )
        if row.problem:
            refused.append(row)
            continue
        seen_keys.update(dict.fromkeys(row.identities, row.line))
        if owners:
            seen_customers[min(owners)] = row.line
            changes.append(Change(row, min(owners)))
        else:
            new.append(row)
    return new, changes


def customers_done(known: Mapping[Key, Known], customer_import: CustomerImport) -> set[int]:
    """Those an earlier chunk of this file was about."""
    owners = {identity.customer_id for identity in known.values()}
    if not owners:
        return set()
    done = Customer.objects.filter(Among("pk", owners), last_import=customer_import)
    return set(done.values_list("pk", flat=True))


def limit_of_importer(customer_import: CustomerImport) -> Unit | None:
    """The unit beyond which whoever brought the file sees nobody; new customers belong to it."""
    return limit_of(customer_import.created_by) if customer_import.created_by else None


def customers_elsewhere(known: Mapping[Key, Known], customer_import: CustomerImport) -> set[int]:
    """Those whom the importer does not see: a file neither changes them nor tells about them."""
    unit = limit_of_importer(customer_import)
    if unit is None:
        return set()
    owners = {identity.customer_id for identity in known.values()}
    seen = within(Customer.objects.filter(Among("pk", owners)), unit)
    return owners - set(seen.values_list("pk", flat=True))


def said_twice(row: Row, seen: Mapping[Key, int]) -> str:
    for key in row.identities:
        if key in seen:
            return _("“%(value)s” already stands in line %(line)s.") % {"value": key[1], "line": seen[key]}
    return ""


def customer_twice(owners: set[int], seen: Mapping[int, int], done_before: set[int]) -> str:
    for owner in owners:
        if owner in seen:
            return _("Line %(line)s is already about this customer.") % {"line": seen[owner]}
        if owner in done_before:
            return _("A row further up in this file is already about this customer.")
    return ""


def create_customers(rows: Sequence[Row], *, customer_import: CustomerImport, at: datetime) -> None:
    if not rows:
        return
    ids = reserve_ids(Customer, len(rows))
    base = defaults_of(customer_import)
    moment = adapted(at)
    insert_rows(
        Customer,
        CUSTOMER_COLUMNS,
        (
            (
                *(base | row.columns).values(),
                json.dumps(row.attributes) if row.attributes else "{}",
                customer_import.pk,
                moment,
                moment,
                pk,
            )
            for pk, row in zip(ids, rows, strict=True)
        ),
    )
    insert_identities(
        ((pk, kind, value) for pk, row in zip(ids, rows, strict=True) for kind, value in row.identities),
        source=customer_import.source,
    )
    insert_consents(
        ((pk, row.has_consent) for pk, row in zip(ids, rows, strict=True) if row.has_consent is not None),
        customer_import=customer_import,
        moment=moment,
    )


def defaults_of(customer_import: CustomerImport) -> dict[str, Any]:
    """A new customer's columns where the file does not say, in the order of COLUMNS."""
    said, unit = customer_import.defaults, limit_of_importer(customer_import)
    return {
        "first_name": "",
        "last_name": "",
        "language": said.get("language") or settings.LANGUAGE_CODE,
        "time_zone": said.get("time_zone") or settings.TIME_ZONE,
        "country": said.get("country") or settings.COUNTRY,
        "customer_since": None,
        "left_date": None,
        "unit_id": unit.pk if unit else None,
        "preferred_channel": "",
    }


def insert_identities(identities: Iterable[tuple[int, str, str]], *, source: str) -> None:
    insert_rows(
        Identity,
        IDENTITY_COLUMNS,
        (
            (customer_id, kind, source_of_kind(kind, source), value, digest_of(value), True)
            for customer_id, kind, value in identities
        ),
    )


def insert_consents(
    answers: Iterable[tuple[int, bool]], *, customer_import: CustomerImport, moment: Any
) -> None:
    purpose, channel = SURVEY_MAIL.values()
    states = {True: Consent.State.GRANTED.value, False: Consent.State.WITHDRAWN.value}
    rows = [
        (customer_id, purpose, channel, states[answer], source_of(customer_import), moment)
        for customer_id, answer in answers
    ]
    if rows:
        insert_rows(Consent, CONSENT_COLUMNS, rows)
        record_answers(rows, customer_import=customer_import)


def record_answers(rows: Sequence[tuple[Any, ...]], *, customer_import: CustomerImport) -> None:
    """The same answers as lines of the consent ledger; the file they came in is their proof."""
    kind = ConsentRecord.SourceKind.IMPORT.value
    insert_rows(
        ConsentRecord,
        RECORD_COLUMNS,
        (
            (customer_id, purpose, channel, state, kind, customer_import.pk, moment)
            for customer_id, purpose, channel, state, _source, moment in rows
        ),
    )


def source_of(customer_import: CustomerImport) -> str:
    return f"import {customer_import.pk}: {customer_import.file_name}"[:120]


def update_customers(
    changes: Sequence[Change], *, known: Mapping[Key, Known], customer_import: CustomerImport, at: datetime
) -> None:
    if not changes:
        return
    update_columns(changes, at=at)
    update_identities(changes, known=known, source=customer_import.source)
    update_consents(changes, customer_import=customer_import, at=at)
    Customer.objects.filter(Among("pk", [change.customer_id for change in changes])).update(
        last_import=customer_import
    )


def update_columns(changes: Sequence[Change], *, at: datetime) -> None:
    by_id = {change.customer_id: change for change in changes}
    there = Customer.objects.filter(Among("pk", by_id)).order_by("pk").select_for_update()
    moment, rows = adapted(at), []
    for pk, attributes, *values in there.values_list("pk", "attributes", *COLUMNS):
        change = by_id[pk]
        old = dict(zip(COLUMNS, values, strict=True))
        columns, merged = old | change.row.columns, attributes | change.row.attributes
        change.before = attributes | old
        if columns != old or merged != attributes:
            change.is_changed = True
            rows.append((*columns.values(), json.dumps(merged), moment, pk))
    update_rows(Customer, (*COLUMNS, "attributes", "updated_at"), rows)


def update_identities(changes: Sequence[Change], *, known: Mapping[Key, Known], source: str) -> None:
    """Add the identities that are new, and make those of the file the primary ones."""
    new: list[tuple[int, str, str]] = []
    promoted: list[int] = []
    replaced: dict[str, list[int]] = {}
    for change in changes:
        for kind, value in change.row.identities:
            identity = known.get((kind, value))
            if identity and identity.is_primary:
                continue
            if identity:
                promoted.append(identity.pk)
            else:
                new.append((change.customer_id, kind, value))
            if kind in REACHED_BY:
                replaced.setdefault(kind, []).append(change.customer_id)
            change.is_changed = True
            change.answers.append((kind, "", value))
    for kind, customers in replaced.items():
        Identity.objects.filter(Among("customer_id", customers), kind=kind, is_primary=True).update(
            is_primary=False
        )
    if promoted:
        Identity.objects.filter(Among("pk", promoted)).update(is_primary=True)
    if new:
        insert_identities(new, source=source)


def update_consents(changes: Sequence[Change], *, customer_import: CustomerImport, at: datetime) -> None:
    """Record answers of those nobody asked yet, and withdrawals; a file never undoes a withdrawal."""
    answered = {change.customer_id: change for change in changes if change.row.has_consent is not None}
    if not answered:
        return
    there = Consent.objects.filter(Among("customer_id", answered), **SURVEY_MAIL)
    states = dict(there.values_list("customer_id", "state"))
    withdrawn = [
        customer_id
        for customer_id, state in states.items()
        if state == Consent.State.GRANTED and not answered[customer_id].row.has_consent
    ]
    new = answered.keys() - states.keys()
    for customer_id in (*withdrawn, *new):
        change = answered[customer_id]
        change.is_changed = True
        state = Consent.State.GRANTED if change.row.has_consent else Consent.State.WITHDRAWN
        change.answers.append(("consent", states.get(customer_id, ""), state.value))
    there.filter(Among("customer_id", withdrawn)).update(
        state=Consent.State.WITHDRAWN, source=source_of(customer_import), at=at
    )
    if withdrawn:
        answer = (*SURVEY_MAIL.values(), Consent.State.WITHDRAWN.value, "", adapted(at))
        record_answers([(customer_id, *answer) for customer_id in withdrawn], customer_import=customer_import)
    insert_consents(
        ((customer_id, bool(answered[customer_id].row.has_consent)) for customer_id in sorted(new)),
        customer_import=customer_import,
        moment=adapted(at),
    )


def adapted(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)
