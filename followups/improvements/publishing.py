"""What everybody may read: what customers said, and what was done because of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from followups.improvements.raising import count_people
from followups.models import Improvement
from staff.models import Unit
from surveys.metrics import SHOWN_FROM
from surveys.models import Theme

SHOWN = 50  # the latest


@dataclass(frozen=True)
class Text:
    """A text, and the language it is written in."""

    language: str
    text: str


@dataclass(frozen=True)
class Told:
    """One improvement on the public page; `people` is None when so few raised it that they could be recognised."""

    done_at: datetime | None
    place: str
    you_said: Text
    we_did: Text
    people: int | None


def public_improvements(brand: Unit | None, *, language: str) -> list[Told]:
    """The latest first, of all or of a brand with what concerns every brand; two queries."""
    rows = Improvement.objects.shown_to_everybody().select_related("unit")
    if brand is not None:
        rows = rows.filter(Q(unit=None) | Q(unit__path__startswith=brand.path))
    shown = list(rows.order_by("-done_at", "-pk")[:SHOWN])
    people = count_people(each.pk for each in shown)
    return [told_of(each, brand, language=language, people=people.get(each.pk, 0)) for each in shown]


def told_of(improvement: Improvement, brand: Unit | None, *, language: str, people: int) -> Told:
    unit = improvement.unit
    return Told(
        done_at=improvement.done_at,
        place="" if unit is None or unit == brand else unit.name,
        you_said=written(improvement.you_said, language),
        we_did=written(improvement.what_we_did, language),
        people=people if people >= SHOWN_FROM else None,
    )


def written(texts: Mapping[str, str], language: str) -> Text:
    """In `language`, else in the main one, else in any it is written in."""
    main = settings.LANGUAGE_CODE
    return next(
        (Text(code, texts[code]) for code in (language, main, *texts) if texts.get(code)), Text("", "")
    )


def public_brands() -> list[Unit]:
    """Brands with something to show, when there is more than one of them."""
    paths = Improvement.objects.shown_to_everybody().exclude(unit=None).values_list("unit__path", flat=True)
    tops = {int(path.strip("/").partition("/")[0]) for path in paths.distinct()}
    brands = list(Unit.objects.filter(pk__in=tops).order_by("name"))
    return brands if len(brands) > 1 else []


def theme_of(brand: Unit | None) -> Theme | None:
    """The look of the brand's pages, if it has one."""
    return Theme.objects.filter(unit=brand).defer("logo").first() if brand else None
