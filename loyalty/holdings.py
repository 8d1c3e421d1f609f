"""A customer's points: told to them; erased, they stay as anonymous numbers."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from customers.privacy.personal import Holding, Person
from loyalty.models import Entry


def tell_points(person: Person) -> Sequence[Mapping[str, object]]:
    entries = Entry.objects.filter(account__customer__in=person.numbers).order_by("-at", "-pk")
    return list(entries.values("account__program__name", "at", "kind", "points", "reward__name", "note"))


def erase_points(person: Person, at: datetime) -> dict[str, int]:
    entries = Entry.objects.filter(account__customer__in=person.numbers).exclude(note="")
    return {"notes_on_points": entries.update(note="")}


POINTS = Holding(name="points", title=_("Points"), tell=tell_points, erase=erase_points)
