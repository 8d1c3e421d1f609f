"""Journey maps: stages, the touchpoints in them, and what happened there in a period."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from journeys.models import Interaction, JourneyMap, Stage, StageTouchpoint, Touchpoint
from staff.access import within
from staff.models import Unit


class Figure(Protocol):
    """A score of a touchpoint, ready to be shown; `tone` is good, bad or plain."""

    @property
    def label(self) -> str: ...
    @property
    def value_text(self) -> str: ...
    @property
    def interval_text(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def tone(self) -> str: ...


Figures = Callable[[Iterable[int], date, date, Unit | None], dict[int, list[Figure]]]


@dataclass(frozen=True)
class Card:
    """A touchpoint on a map: its scores, its contacts, and these in percent of the busiest touchpoint's."""

    touchpoint: Touchpoint
    figures: list[Figure]
    contacts: int
    share: int


@dataclass(frozen=True)
class Column:
    stage: Stage
    cards: list[Card]


@transaction.atomic
def arrange_stage(*, stage: Stage, touchpoints: Iterable[Touchpoint]) -> None:
    """Let `stage` hold just `touchpoints`: those it had keep their order, new ones come after them."""
    wanted = {touchpoint.pk for touchpoint in touchpoints}
    stage.placements.exclude(touchpoint__in=wanted).delete()
    kept = list(stage.placements.values_list("touchpoint", flat=True))
    last = max(stage.placements.values_list("position", flat=True), default=0)
    StageTouchpoint.objects.bulk_create(
        StageTouchpoint(stage=stage, touchpoint_id=touchpoint, position=position)
        for position, touchpoint in enumerate(sorted(wanted - set(kept)), start=last + 1)
    )


def columns_of(journey_map: JourneyMap, *, start: date, end: date, unit: Unit | None = None) -> list[Column]:
    """The stages of `journey_map` with what happened at their touchpoints from `start` to `end`, both included.

    With a unit, only what its customers did and said.
    """
    stages = list(journey_map.stages.prefetch_related("placements__touchpoint"))
    ids = {place.touchpoint_id for stage in stages for place in stage.placements.all()}
    figures = figures_of(ids, start=start, end=end, unit=unit)
    contacts = contacts_at(ids, start=start, end=end, unit=unit)
    most = max(contacts.values(), default=0)
    return [
        Column(
            stage=stage,
            cards=[
                Card(
                    touchpoint=place.touchpoint,
                    figures=figures.get(place.touchpoint_id, []),
                    contacts=contacts.get(place.touchpoint_id, 0),
                    share=100 * contacts.get(place.touchpoint_id, 0) // most if most else 0,
                )
                for place in stage.placements.all()
            ],
        )
        for stage in stages
    ]


def figures_of(
    touchpoints: Iterable[int], *, start: date, end: date, unit: Unit | None
) -> dict[int, list[Figure]]:
    """The scores come from a room above: settings.TOUCHPOINT_FIGURES names who knows them."""
    figures: Figures = import_string(settings.TOUCHPOINT_FIGURES)
    return figures(touchpoints, start, end, unit)


def contacts_at(touchpoints: Iterable[int], *, start: date, end: date, unit: Unit | None) -> dict[int, int]:
    """How often customers met us at each touchpoint."""
    contacts: QuerySet[Interaction] = (
        Interaction.objects.contacts()
        .between(beginning_of(start), beginning_of(end + timedelta(days=1)))
        .filter(touchpoint__in=touchpoints)
    )
    if unit is not None:
        contacts = within(contacts, unit)
    return dict(contacts.order_by().values_list("touchpoint").annotate(Count("pk")))


def beginning_of(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
