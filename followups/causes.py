"""The tree of root causes that the organisation owns: what is below a cause is a kind of it.

There are few, so the tree is put together here and not by the database.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from followups.models import FollowUp, FollowUpLeg, RootCause


class CauseRefused(Exception):
    """What was asked would break the tree; the sentence says why and what to do."""


@dataclass(frozen=True)
class CauseTree:
    """All causes, each below its parent, sisters by their place and then their name."""

    causes: dict[int, RootCause]
    below: dict[int | None, list[int]]

    @classmethod
    def of(cls, causes: Collection[RootCause]) -> "CauseTree":
        below: dict[int | None, list[int]] = defaultdict(list)
        for cause in sorted(causes, key=lambda cause: (cause.position, cause.name.casefold(), cause.pk)):
            below[cause.parent_id].append(cause.pk)
        return cls({cause.pk: cause for cause in causes}, below)

    @classmethod
    def load(cls) -> "CauseTree":
        return cls.of(list(RootCause.objects.all()))

    def walk(self, top: int | None = None, *, depth: int = 0) -> Iterator[tuple[RootCause, int]]:
        """Everything below `top`, in reading order, with how deep it stands."""
        for pk in self.below.get(top, ()):
            yield self.causes[pk], depth
            yield from self.walk(pk, depth=depth + 1)

    def in_use(self) -> list[tuple[RootCause, int]]:
        """What can be chosen: what is taken out of use takes with it what is below."""
        hidden_from: int | None = None
        found = []
        for cause, depth in self.walk():
            if hidden_from is not None and depth > hidden_from:
                continue
            hidden_from = None if cause.is_active else depth
            if cause.is_active:
                found.append((cause, depth))
        return found

    def branch(self, top: int) -> set[int]:
        """`top` and all below it."""
        return {top, *(cause.pk for cause, _depth in self.walk(top))}


@transaction.atomic
def keep_cause(*, cause: RootCause) -> None:
    """Save a new cause, or where it stands now. Raises CauseRefused."""
    list(RootCause.objects.select_for_update().order_by("pk"))  # of two who move branches one waits
    check_cause(cause=cause, parent=cause.parent)
    cause.save()


def check_cause(*, cause: RootCause, parent: RootCause | None) -> None:
    """Whether `cause` may stand below `parent`. Raises CauseRefused."""
    if cause.pk and parent and parent.pk in CauseTree.load().branch(cause.pk):
        raise CauseRefused(
            _("“%(cause)s” cannot stand below itself: choose another place.") % {"cause": cause}
        )


def delete_cause(*, cause: RootCause) -> None:
    """Raises CauseRefused while a follow-up names it or another cause stands below it."""
    check_may_go(cause=cause)
    try:
        cause.delete()
    except ProtectedError as error:
        raise CauseRefused(_("Somebody used “%(cause)s” just now. Look again.") % {"cause": cause}) from error


def check_may_go(*, cause: RootCause) -> None:
    """Raises CauseRefused."""
    if RootCause.objects.filter(parent=cause).exists():
        raise CauseRefused(
            _("Other causes stand below “%(cause)s”: move or delete them first.") % {"cause": cause}
        )
    if n := sum(rows.filter(root_cause=cause).count() for rows in (FollowUp.objects, FollowUpLeg.objects)):
        used = ngettext(
            "%(n)s follow-up was resolved with “%(cause)s”, so it stays. Take it out of use instead.",
            "%(n)s follow-ups were resolved with “%(cause)s”, so it stays. Take it out of use instead.",
            n,
        )
        raise CauseRefused(used % {"n": n, "cause": cause})
