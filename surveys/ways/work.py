"""Proof of work: a browser computes for a moment before its answer is taken, so a thousand forged ones cost hours.

No riddle, no third party, nothing kept: the challenge carries its own seal. It is made for one copy of a form, whose
key takes one answer, so each challenge is used once. (After hashcash, Back 2002.)
"""

import hmac
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.conf import settings

PURPOSE = b"surveys.work:"
GOOD_FOR = timedelta(hours=2)
LONGEST = 200  # characters of a challenge or an answer


def challenge_for(key: str, *, bits: int, at: datetime) -> str:
    """What the browser has to work on for the copy `key` of a form; twice as long for each of the `bits` more."""
    told = f"{key}.{int(at.timestamp())}.{bits}"
    return f"{told}.{seal(told, secret=settings.SECRET_KEY)}"


def check(challenge: str, answer: str, *, key: str, bits: int, at: datetime) -> bool:
    """Whether the work was done, for this copy of the form, with at least `bits`, and not long ago."""
    if max(len(challenge), len(answer)) > LONGEST:
        return False
    told, _dot, given = challenge.rpartition(".")
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    sealed = [hmac.compare_digest(given.encode(), seal(told, secret=each).encode()) for each in secrets]
    if not any(sealed):
        return False
    for_key, made, bits_asked = told.split(".")
    age = at - datetime.fromtimestamp(int(made), tz=UTC)
    is_fresh = timedelta(seconds=-1) <= age <= GOOD_FOR
    return (
        for_key == key
        and is_fresh
        and int(bits_asked) >= bits
        and is_done(challenge, answer, int(bits_asked))
    )


def is_done(challenge: str, answer: str, bits: int) -> bool:
    digest = sha256((challenge + answer).encode("utf-8", "replace")).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0


def seal(told: str, *, secret: str) -> str:
    return hmac.digest(secret.encode(), PURPOSE + told.encode("utf-8", "replace"), "sha256").hex()[:48]
