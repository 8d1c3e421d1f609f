"""Work on many things of which one may fail: it holds up no other."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from celery.exceptions import SoftTimeLimitExceeded

Each = TypeVar("Each")


def one_by_one(things: Iterable[Each], work: Callable[[Each], int | None]) -> int:
    """The sum of what `work` returns for each. Raises an ExceptionGroup of what failed, once all had their turn."""
    done = 0
    failures: list[Exception] = []
    for each in things:
        try:
            done += work(each) or 0
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:  # noqa: BLE001  raised below
            failures.append(error)
    if failures:
        raise ExceptionGroup(f"{len(failures)} of them failed", failures)
    return done
