"""How a statement says where an entry comes from."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

DESK = "desk"

ORIGINS: dict[str, str | Promise] = {
    "response": _("Answered a survey"),
    "interaction": _("Purchase"),
    "api": _("Another program"),
    DESK: _("Loyalty desk"),
}


def desk_source(*, user: int, token: str) -> str:
    """The source of what a member of staff posts by hand; the same form sent twice has the same."""
    return f"{DESK}:{user}:{token}"


def user_of(source: str) -> int | None:
    """Who posted it by hand."""
    origin, _colon, rest = source.partition(":")
    user, _colon, _token = rest.partition(":")
    return int(user) if origin == DESK and user.isdecimal() else None


def origin_words(source: str) -> str:
    return str(ORIGINS.get(source.partition(":")[0], source))
