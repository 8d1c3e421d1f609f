"""The nightly proof that the daily counts equal the answers; where they do not, they are put right and it is told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from events.dates import say_date
from insights.days import day_of
from insights.rebuilding import compare_rollups, rebuild
from staff.models import User
from staff.notifications import notify
from staff.roles import ADMINISTRATORS


def check_rollups(*, at: datetime) -> int:
    """Compare the daily counts with the answers, derive anew what differs and tell administrators; returns how many."""
    found = compare_rollups()
    for part in {id(difference["part"]): difference["part"] for difference in found}.values():
        rebuild(part)
    if found:
        tell_administrators(found, at=at)
    return len(found)


def tell_administrators(found: Sequence[dict[str, Any]], *, at: datetime) -> None:
    administrators = User.objects.filter(
        Q(groups__name=ADMINISTRATORS) | Q(is_superuser=True), is_active=True
    ).distinct()
    first, last = (choose(difference["day"] for difference in found) for choose in (min, max))
    for user in administrators:
        with translation.override(user.language):
            notify(
                users=[user],
                source=f"rollups:{day_of(at)}",
                title=_("Daily figures were put right"),
                body=ngettext(
                    "%(n)s daily figure between %(first)s and %(last)s differed from the answers. It was counted "
                    "again. This is expected after customers were erased; otherwise please report it.",
                    "%(n)s daily figures between %(first)s and %(last)s differed from the answers. They were "
                    "counted again. This is expected after customers were erased; otherwise please report it.",
                    len(found),
                )
                % {"n": len(found), "first": say_date(first), "last": say_date(last)},
                url=reverse("admin:index"),
                at=at,
            )
