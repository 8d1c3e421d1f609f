"""Root causes as a Pareto: branches of the tree, each with all that stands below it, the most frequent first."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from followups.causes import CauseTree
from followups.models import RootCause
from insights.loop.afterwards import Recovery
from insights.shares import Share

DRAWN_AT_MOST = 10


@dataclass(frozen=True)
class Cause:
    """A branch with what it counts; `opens` is its number where the page can go into it."""

    name: str
    url: str
    n: int
    share: Share
    cumulative: Share
    recovery: Recovery
    opens: int | None = None
    improve_url: str = ""  # a new improvement, raised by all of it

    @property
    def recovered(self) -> Share:
        return self.recovery.shown


@dataclass(frozen=True)
class Branch:
    """Some causes counted as one."""

    name: str
    causes: tuple[int | None, ...]
    top: int | None = None
    opens: int | None = None


ListOf = Callable[[int, Mapping[str, Any]], str]


def pareto_of(
    counts: Mapping[int | None, int],
    *,
    within: RootCause | None,
    recovered: Mapping[int | None, Recovery],
    list_of: ListOf,
    improve: Callable[[int], str],
) -> list[Cause]:
    """What is not counted is left out; shares are of all that is shown."""
    tree = CauseTree.load()
    branches = kinds_of(within, tree) if within else tops(tree)
    counted = [(branch, sum(counts.get(pk, 0) for pk in branch.causes)) for branch in branches]
    ordered = sorted(
        ((branch, n) for branch, n in counted if n), key=lambda pair: (-pair[1], pair[0].name.casefold())
    )
    total, sofar, found = sum(n for _branch, n in ordered), 0, []
    for branch, n in ordered:
        sofar += n
        found.append(
            Cause(
                name=branch.name,
                url=list_of(n, chosen(branch)),
                n=n,
                share=Share(n, total),
                cumulative=Share(sofar, total),
                recovery=sum((recovered.get(pk, Recovery()) for pk in branch.causes), Recovery()),
                opens=branch.opens,
                improve_url=improve(branch.top) if branch.top else "",
            )
        )
    return found


def tops(tree: CauseTree) -> Iterator[Branch]:
    yield from (branch_of(pk, tree) for pk in tree.below.get(None, ()))
    yield Branch(_("No cause"), (None,))


def kinds_of(cause: RootCause, tree: CauseTree) -> Iterator[Branch]:
    """What stands right below a cause, and what was resolved with the cause itself."""
    yield from (branch_of(pk, tree) for pk in tree.below.get(cause.pk, ()))
    yield Branch(_("%(cause)s, not said more precisely") % {"cause": cause}, (cause.pk,))


def branch_of(pk: int, tree: CauseTree) -> Branch:
    return Branch(
        tree.causes[pk].name, tuple(sorted(tree.branch(pk))), pk, pk if tree.below.get(pk) else None
    )


def chosen(branch: Branch) -> dict[str, Any]:
    """How the list of follow-ups is narrowed to a branch."""
    match branch.causes:
        case (None,):
            return {"root_cause__isnull": True}
        case (one,):
            return {"root_cause__id__exact": one}
        case several:
            return {"root_cause__id__in": ",".join(map(str, several))}


def way_to(cause: RootCause | None) -> list[RootCause]:
    """From the top of the tree down to `cause`."""
    causes = CauseTree.load().causes if cause else {}
    way: list[RootCause] = []
    while cause:
        way.insert(0, cause)
        cause = causes.get(cause.parent_id or 0)
    return way


def chart_of(pareto: list[Cause]) -> dict[str, Any]:
    """What the script draws."""
    drawn = pareto[:DRAWN_AT_MOST]
    return {
        "labels": [cause.name for cause in drawn],
        "values": [cause.n for cause in drawn],
        "shares": [round(cause.cumulative.percent or 0, 1) for cause in drawn],
    }
