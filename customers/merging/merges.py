"""Two customers who are one person: everything moves to the kept one, and can be moved back exactly.

The merged customer's row stays as it was and leads to the kept one. What arrives after the merge stays with the kept
customer when it is undone. Of several merges around a customer the last is undone first.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from customers.consent import add_to_ledger, record_consent
from customers.identities import ensure_primaries
from customers.merging.moves import CannotMove, Handover, lent_belongings
from customers.models import Consent, ConsentProof, Customer, Identity, IdentityConflict, Merge
from events.lookups import Among
from events.publishing import publish
from staff.audit import audit
from staff.models import AuditEntry, User

FILLED = ("first_name", "last_name", "customer_since", "unit_id", "preferred_channel")
FROM_TEXT: Mapping[str, Callable[[str], object]] = {
    "customer_since": date.fromisoformat,
    "snoozed_until": datetime.fromisoformat,
}
STRICTER = {"": 0, Consent.State.GRANTED: 1, Consent.State.WITHDRAWN: 2}
ConflictState = IdentityConflict.State


class NotMergeable(ValueError):
    """These two cannot be merged; the words say why."""


class NotUndoable(ValueError):
    """This merge cannot be undone now; the words say why."""


@transaction.atomic
def merge(*, kept: Customer, merged: Customer, by: User | None, at: datetime) -> Merge:
    """Make `merged` part of `kept`. Raises NotMergeable, and then nothing has changed."""
    ours, theirs = locked_pair(kept, merged)
    done = Merge.objects.create(
        kept=ours,
        merged=theirs,
        by=by,
        at=at,
        before={"kept": profile_of(ours), "merged": profile_of(theirs)},
    )
    handover = Handover(kept=ours.pk, merged=theirs.pk, number=done.pk, at=at)
    theirs.merged_into = ours
    theirs.save(update_fields=["merged_into"])
    try:
        moved = {each.name: each.move(handover) for each in lent_belongings()}
    except CannotMove as error:
        raise NotMergeable(str(error)) from error
    moved["identities"] = move_identities(handover)
    moved["consents"] = tighten_consents(handover, by=by)
    moved["filled"] = fill_profile(ours, theirs, at=at)
    moved["conflicts"] = close_conflicts(ours, by=by, at=at)
    done.moved = moved
    done.save(update_fields=["moved"])
    announce(done, "customers.merged", AuditEntry.Action.MERGED, by=by, at=at)
    return done


@transaction.atomic
def unmerge(*, merge: Merge, by: User | None, at: datetime) -> Merge:
    """Make two of one again, as they were. Raises NotUndoable, and then nothing has changed."""
    pair = Q(pk__in=[merge.kept_id, merge.merged_id])
    ours, theirs = sorted(
        Customer.everybody.filter(pair).order_by("pk").select_for_update(),
        key=lambda customer: customer.pk == merge.merged_id,
    )
    done = Merge.objects.select_for_update().get(pk=merge.pk)
    refuse_to_undo(done, ours, theirs)
    handover = Handover(kept=ours.pk, merged=theirs.pk, number=done.pk, at=at)
    theirs.merged_into = None
    theirs.save(update_fields=["merged_into"])
    try:
        for each in reversed(lent_belongings()):
            each.give_back(handover, done.moved[each.name])
    except CannotMove as error:
        raise NotUndoable(str(error)) from error
    give_identities_back(handover, done.moved["identities"])
    loosen_consents(handover, done.moved["consents"], by=by)
    empty_profile(ours, filled=done.moved["filled"], before=done.before["kept"])
    IdentityConflict.objects.filter(pk__in=done.moved["conflicts"], state=ConflictState.MERGED).update(
        state=ConflictState.OPEN, decided_by=None, decided_at=None
    )
    done.undone_by, done.undone_at = by, at
    done.save(update_fields=["undone_by", "undone_at"])
    announce(done, "customers.unmerged", AuditEntry.Action.UNMERGED, by=by, at=at)
    return done


def locked_pair(kept: Customer, merged: Customer) -> tuple[Customer, Customer]:
    """Both, read again and locked in the order of their numbers. Raises NotMergeable."""
    if kept.pk == merged.pk:
        raise NotMergeable(_("This is the same customer twice: choose another one to merge with."))
    found = Customer.everybody.filter(pk__in=[kept.pk, merged.pk]).order_by("pk").select_for_update()
    by_number = {customer.pk: customer for customer in found}
    ours, theirs = by_number[kept.pk], by_number[merged.pk]
    for each in (ours, theirs):
        if each.merged_into_id:
            raise NotMergeable(
                _("%(customer)s was merged already: open the customer who was kept.") % {"customer": each}
            )
        if each.erased_at:
            raise NotMergeable(_("%(customer)s was erased and cannot be merged.") % {"customer": each})
    return ours, theirs


def refuse_to_undo(done: Merge, ours: Customer, theirs: Customer) -> None:
    if done.undone_at:
        raise NotUndoable(_("This merge was undone before."))
    if ours.erased_at or theirs.erased_at:
        raise NotUndoable(_("The customer was erased: nothing is left to take apart."))
    around = Q(kept__in=[ours, theirs]) | Q(merged__in=[ours, theirs])
    if later := Merge.objects.filter(around, undone_at=None, pk__gt=done.pk).first():
        raise NotUndoable(_("First undo the later merge %(number)s.") % {"number": later.pk})


def announce(done: Merge, event: str, action: str, *, by: User | None, at: datetime) -> None:
    for each in (done.kept, done.merged):
        audit(user=by, action=action, subject=each, at=at, merge=done.pk)
    publish(event, subject=done.kept_id, at=at, merged=done.merged_id, merge=done.pk)


def profile_of(customer: Customer) -> dict[str, Any]:
    since, rests_until = customer.customer_since, customer.snoozed_until
    return {
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "language": customer.language,
        "time_zone": customer.time_zone,
        "country": customer.country,
        "customer_since": since.isoformat() if since else None,
        "unit_id": customer.unit_id,
        "preferred_channel": customer.preferred_channel,
        "snoozed_until": rests_until.isoformat() if rests_until else None,
        "attributes": customer.attributes,
    }


def fill_profile(ours: Customer, theirs: Customer, *, at: datetime) -> dict[str, Any]:
    """The kept customer's fields win; where they say nothing, the merged customer's do. Returns what was filled.

    Of two rests from surveys the longer one holds.
    """
    said = profile_of(theirs)
    columns = {name: said[name] for name in FILLED if not getattr(ours, name) and said[name]}
    if theirs.snoozed_until and (ours.snoozed_until is None or ours.snoozed_until < theirs.snoozed_until):
        columns["snoozed_until"] = said["snoozed_until"]
    attributes = {name: value for name, value in said["attributes"].items() if name not in ours.attributes}
    for name in columns:
        setattr(ours, name, getattr(theirs, name))
    ours.attributes = ours.attributes | attributes
    ours.updated_at = at
    ours.save(update_fields=[*columns, "attributes", "updated_at"])
    return {"columns": columns, "attributes": attributes}


def empty_profile(ours: Customer, *, filled: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Take out what the merge filled in; what somebody changed since stays."""
    now = profile_of(ours)
    for name, value in filled["columns"].items():
        if now[name] == value:
            was, read = before.get(name), FROM_TEXT.get(name)
            setattr(ours, name, read(was) if read and was else was)
    ours.attributes = {
        name: value
        for name, value in ours.attributes.items()
        if name not in filled["attributes"] or filled["attributes"][name] != value
    }
    ours.save(update_fields=[*filled["columns"], "attributes"])


def move_identities(handover: Handover) -> dict[str, list[int]]:
    """The kept customer keeps being reached as before; by the merged one's address only where there was none."""
    theirs = Identity.objects.filter(customer=handover.merged)
    rows = list(theirs.order_by("pk").values_list("pk", "kind", "is_primary"))
    reached = set(
        Identity.objects.filter(customer=handover.kept, is_primary=True).values_list("kind", flat=True)
    )
    lowered = [pk for pk, kind, is_primary in rows if is_primary and kind in reached]
    Identity.objects.filter(Among("pk", lowered)).update(is_primary=False)
    moved = [pk for pk, _kind, _is_primary in rows]
    Identity.objects.filter(Among("pk", moved)).update(customer=handover.kept)
    return {"moved": moved, "primary": [pk for pk, _kind, is_primary in rows if is_primary]}


def give_identities_back(handover: Handover, moved: Mapping[str, list[int]]) -> None:
    theirs = Identity.objects.filter(Among("pk", moved["moved"]), customer=handover.kept)
    theirs.update(is_primary=False)
    theirs.update(customer=handover.merged)
    Identity.objects.filter(Among("pk", moved["primary"]), customer=handover.merged).update(is_primary=True)
    ensure_primaries(customer=Customer.everybody.get(pk=handover.kept))


def strictest(ours: str, theirs: str) -> str:
    """Withdrawn beats granted, granted beats nothing."""
    return max(ours, theirs, key=lambda state: STRICTER[state])


def tighten_consents(handover: Handover, *, by: User | None) -> list[dict[str, str | None]]:
    """The stricter of both answers holds; returns the kept customer's answers that changed, as they were."""
    ours = {(each.purpose, each.channel): each for each in Consent.objects.filter(customer=handover.kept)}
    changed: list[dict[str, str | None]] = []
    for said in Consent.objects.filter(customer=handover.merged).order_by("pk"):
        mine = ours.get((said.purpose, said.channel))
        if strictest(mine.state if mine else "", said.state) == (mine.state if mine else ""):
            continue
        changed.append(
            {
                "purpose": said.purpose,
                "channel": said.channel,
                "state": mine.state if mine else None,
                "source": mine.source if mine else None,
                "at": mine.at.isoformat() if mine else None,
            }
        )
        record_consent(
            customer=said.customer.merged_into or said.customer,
            purpose=said.purpose,
            channel=said.channel,
            state=said.state,
            source=f"merge {handover.number}",
            at=handover.at,
            by=by,
        )
    return changed


def loosen_consents(handover: Handover, changed: list[dict[str, str | None]], *, by: User | None) -> None:
    """Put back the answers the merge changed; what the customer said since stays."""
    source = f"merge {handover.number}"
    for was in changed:
        key = {"purpose": str(was["purpose"]), "channel": str(was["channel"])}
        there = Consent.objects.filter(customer=handover.kept, source=source, **key)
        if was["state"] is None:
            there.delete()
        elif was["at"] and there.update(
            state=was["state"], source=was["source"] or "", at=datetime.fromisoformat(was["at"])
        ):
            add_to_ledger(
                customer=Customer.everybody.get(pk=handover.kept),
                state=was["state"],
                proof=ConsentProof(source=f"{source} undone", by=by),
                at=handover.at,
                **key,
            )


def close_conflicts(ours: Customer, *, by: User | None, at: datetime) -> list[int]:
    """Conflicts whose people are all one by now are decided."""
    waiting = IdentityConflict.objects.filter(
        state=ConflictState.OPEN, customers__in=[ours, *ours.merged.all()]
    ).distinct()
    done = [
        conflict.pk
        for conflict in waiting.prefetch_related("customers")
        if len({each.merged_into_id or each.pk for each in conflict.customers.all()}) == 1
    ]
    IdentityConflict.objects.filter(pk__in=done).update(
        state=ConflictState.MERGED, decided_by=by, decided_at=at
    )
    return done
