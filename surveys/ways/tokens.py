"""Personal links: unguessable, and derived from the invitation's id, so nothing secret is stored.

A token is the id in base 36, a hyphen, and 192 bits of HMAC-SHA256 over it; 132 in a short one, for messages in which
every sign counts. See docs/decisions/0002.
"""

import base64
import hmac
from functools import cache

from django.conf import settings
from django.utils.http import base36_to_int, int_to_base36

PURPOSE = b"surveys.invitation:"
MAC_BYTES = 24
SHORT_MAC = 22  # signs of base 64, 132 bits


def token_for(invitation_id: int) -> str:
    """The token of an invitation's personal link."""
    return f"{int_to_base36(invitation_id)}-{mac(invitation_id, key=settings.SECRET_KEY)}"


def short_token_for(invitation_id: int) -> str:
    """A shorter token of the same link, for an SMS."""
    return f"{int_to_base36(invitation_id)}-{mac(invitation_id, key=settings.SECRET_KEY)[:SHORT_MAC]}"


def invitation_id_of(token: str) -> int | None:
    """The invitation a token was made for; None when it was not made here. Takes the same time either way."""
    number, _hyphen, given = token.partition("-")
    try:
        invitation_id = base36_to_int(number)
    except ValueError:
        invitation_id = 0
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    whole = [mac(invitation_id, key=key).encode() for key in keys]
    matches = [
        hmac.compare_digest(given.encode(), each) for each in (*whole, *(each[:SHORT_MAC] for each in whole))
    ]
    is_canonical = int_to_base36(invitation_id) == number
    return invitation_id if any(matches) and is_canonical else None


def mac(invitation_id: int, *, key: str) -> str:
    begun = begun_with(key).copy()
    begun.update(b"%d" % invitation_id)
    return base64.urlsafe_b64encode(begun.digest()[:MAC_BYTES]).decode()


@cache
def begun_with(key: str) -> hmac.HMAC:
    """The part that is the same for all invitations, which takes longer than the rest."""
    return hmac.new(key.encode(), PURPOSE, "sha256")
