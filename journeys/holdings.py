"""What happened between a customer and us: told to them, and taken out when they are erased or it is old."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import CharField, F
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from customers.privacy.personal import Holding, Person, Retention
from events.lookups import Among
from journeys.models import CONTACTS, Interaction

FORGOTTEN = "erased"  # the source of a row that only counts


def tell_interactions(person: Person) -> Sequence[Mapping[str, object]]:
    interactions = Interaction.objects.filter(customer__in=person.numbers).order_by("-at", "-pk")
    return list(
        interactions.values("at", "kind", "touchpoint__name", "source", "summary", "amount", "detail")
    )


def erase_interactions(person: Person, at: datetime) -> dict[str, int]:
    interactions = Interaction.objects.filter(customer__in=person.numbers)
    return {
        "interactions": forget_interactions(list(interactions.order_by().values_list("pk", flat=True)), at)
    }


def forget_interactions(pks: Sequence[int], at: datetime) -> int:
    """The timeline goes; of contacts at a touchpoint an empty row stays, because a journey map counts them."""
    interactions = Interaction.objects.filter(Among("pk", pks))
    counted = interactions.filter(kind__in=CONTACTS, touchpoint__isnull=False)
    kept = counted.update(
        summary="", detail={}, source=FORGOTTEN, external_id=Cast(F("pk"), CharField(max_length=20))
    )
    return kept + interactions.exclude(source=FORGOTTEN).delete()[0]


INTERACTIONS = Holding(
    name="interactions", title=_("Timeline"), tell=tell_interactions, erase=erase_interactions
)
OLD_INTERACTIONS = Retention(
    kind="interactions",
    title=_("Timelines"),
    what_happens=_("deleted; of contacts at a touchpoint an empty row stays for the figures"),
    due=lambda before: Interaction.objects.filter(at__lt=before).exclude(source=FORGOTTEN),
    forget=forget_interactions,
)
