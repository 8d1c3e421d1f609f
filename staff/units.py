"""The tree of units: brands, their locations, and teams there or directly below a brand."""

from collections.abc import Mapping

from django.db import transaction
from django.db.models import F, ProtectedError, QuerySet, Value
from django.db.models.functions import Concat, Substr
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from staff.models import Unit

Kind = Unit.Kind
BELOW: Mapping[str, tuple[str, ...]] = {
    Kind.BRAND: (),
    Kind.LOCATION: (Kind.BRAND,),
    Kind.TEAM: (Kind.LOCATION, Kind.BRAND),
}
WHERE: Mapping[str, str | Promise] = {
    Kind.BRAND: gettext_lazy("A brand stands at the top: leave “part of” empty."),
    Kind.LOCATION: gettext_lazy("A location is part of a brand: choose one."),
    Kind.TEAM: gettext_lazy("A team is part of a location or a brand: choose one."),
}


class UnitRefused(Exception):
    """What was asked would break the tree; the sentence says why and what to do."""


def units_below(unit: Unit) -> QuerySet[Unit]:
    """`unit` and all below it."""
    return Unit.objects.filter(path__startswith=unit.path)


def unit_named(name: str) -> Unit:
    """The one unit of this name, in whatever case. Raises UnitRefused when there is none or more than one."""
    found = list(Unit.objects.filter(name__iexact=name.strip())[:2])
    if not found:
        raise UnitRefused(_("There is no unit “%(name)s”. Add it under Units first.") % {"name": name})
    if len(found) > 1:
        raise UnitRefused(
            _("Several units are called “%(name)s”. Rename them so that each can be told apart.")
            % {"name": name}
        )
    return found[0]


@transaction.atomic
def create_unit(*, name: str, kind: str, parent: Unit | None = None) -> Unit:
    """Add a unit below `parent`. Raises UnitRefused."""
    above = lock(parent)
    check_unit(name=name, kind=kind, parent=above)
    unit = Unit.objects.create(name=name, kind=kind, parent=above)
    unit.path = f"{above.path if above else '/'}{unit.pk}/"
    unit.save(update_fields=["path"])
    return unit


@transaction.atomic
def move_unit(*, unit: Unit, parent: Unit | None) -> None:
    """Put a unit and all below it under another parent. Raises UnitRefused."""
    locked = lock(unit)
    above = lock(parent)
    if locked is None or locked.parent_id == (above.pk if above else None):
        return
    check_unit(name=locked.name, kind=locked.kind, parent=above, unit=locked)
    begins = above.path if above else "/"
    Unit.objects.filter(pk=locked.pk).update(parent=above)
    units_below(locked).update(
        path=Concat(Value(f"{begins}{locked.pk}/"), Substr(F("path"), len(locked.path) + 1))
    )
    unit.refresh_from_db()


@transaction.atomic
def rename_unit(*, unit: Unit, name: str) -> None:
    """Raises UnitRefused when a sister has the name."""
    check_unit(name=name, kind=unit.kind, parent=unit.parent, unit=unit)
    Unit.objects.filter(pk=unit.pk).update(name=name)
    unit.name = name


def delete_unit(*, unit: Unit) -> None:
    """Raises UnitRefused while anything belongs to it."""
    if held := held_by(unit):
        raise UnitRefused(
            _("“%(unit)s” still has %(held)s. Move them to another unit first, then delete it.")
            % {"unit": unit, "held": ", ".join(held)}
        )
    try:
        unit.delete()
    except ProtectedError as error:
        raise UnitRefused(
            _("Something was added to “%(unit)s” just now. Look again.") % {"unit": unit}
        ) from error


def held_by(unit: Unit) -> list[str]:
    """What belongs to `unit` itself, counted, in words, whatever room points to it."""
    return [
        f"{n} {relation.related_model._meta.verbose_name if n == 1 else relation.related_model._meta.verbose_name_plural}"
        for relation in Unit._meta.related_objects
        if (n := relation.related_model._base_manager.filter(**{relation.field.name: unit}).count())
    ]


def lock(unit: Unit | None) -> Unit | None:
    """As it stands now, kept so until the transaction ends."""
    if unit is None:
        return None
    locked = {
        each.pk: each for each in Unit.objects.select_for_update().order_by("pk")
    }  # few, and all may move
    try:
        return locked[unit.pk]
    except KeyError as error:
        raise UnitRefused(_("This unit was deleted in the meantime.")) from error


def check_unit(*, name: str, kind: str, parent: Unit | None, unit: Unit | None = None) -> None:
    """Whether `unit`, or a new one, may stand below `parent` with this name. Raises UnitRefused."""
    if unit and parent and parent.path.startswith(unit.path):
        raise UnitRefused(_("A unit cannot be part of itself: choose a place outside of it."))
    if (parent.kind not in BELOW[kind]) if parent else bool(BELOW[kind]):
        raise UnitRefused(str(WHERE[kind]))
    sisters = Unit.objects.filter(parent=parent, name=name)
    if (sisters.exclude(pk=unit.pk) if unit else sisters).exists():
        raise UnitRefused(_("There is a unit “%(name)s” in this place already.") % {"name": name})
