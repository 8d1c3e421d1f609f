"""What merges keep about a person: who they were before, and what was told about them."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import IdentityConflict, Merge, SuggestedDuplicate
from customers.privacy.personal import Holding, Person


def tell_merges(person: Person) -> list[dict[str, Any]]:
    return [
        {"at": merge.at, "kept": merge.kept_id, "merged": merge.merged_id, "before": merge.before}
        for merge in merges_of(person)
    ]


def merges_of(person: Person) -> Any:
    return Merge.objects.filter(Q(kept__in=person.numbers) | Q(merged__in=person.numbers)).order_by("pk")


def erase_merges(person: Person, at: datetime) -> dict[str, int]:
    """That there was a merge stays, by number; what both were before goes."""
    theirs = Q(first__in=person.numbers) | Q(second__in=person.numbers)
    SuggestedDuplicate.objects.filter(theirs).delete()
    conflicts = IdentityConflict.objects.filter(customers__in=person.numbers).values_list("pk", flat=True)
    IdentityConflict.objects.filter(pk__in=list(conflicts)).delete()
    return {"merges": merges_of(person).update(before={}, moved={})}


MERGES = Holding(name="merges", title=_("Merges"), tell=tell_merges, erase=erase_merges)
