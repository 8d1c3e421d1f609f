"""Keys for programs. The key itself is shown once; we keep its first letters, to tell keys apart, and a digest."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.crypto import constant_time_compare

from staff.models import ApiKey, User

PREFIX_LENGTH = 12
SECRET_BYTES = 32  # 256 bits need no slow hash: nobody can try them all
SEEN_EVERY = timedelta(minutes=1)


def create_api_key(
    *, name: str, user: User, scopes: Sequence[str], expires_at: datetime | None, at: datetime
) -> tuple[ApiKey, str]:
    """A new key and its text, which cannot be shown again."""
    text = f"cx_{secrets.token_hex(4)}_{secrets.token_urlsafe(SECRET_BYTES)}"
    key = ApiKey.objects.create(
        name=name,
        user=user,
        prefix=text[:PREFIX_LENGTH],
        digest=digest_of(text),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
        created_at=at,
    )
    return key, text


def revoke_api_keys(*, keys: Sequence[int], at: datetime) -> int:
    """Refuse these keys from now on; returns how many were still living."""
    return ApiKey.objects.filter(pk__in=keys, revoked_at=None).update(revoked_at=at)


def use_api_key(text: str, *, at: datetime) -> ApiKey | None:
    """The living key with this text, or None; notes at most once a minute that it was used."""
    key = ApiKey.objects.living(at).select_related("user").filter(prefix=text[:PREFIX_LENGTH]).first()
    if key is None or not constant_time_compare(key.digest, digest_of(text)):
        return None
    if key.last_used_at is None or key.last_used_at < at - SEEN_EVERY:
        seen_long_ago = Q(last_used_at=None) | Q(last_used_at__lt=at - SEEN_EVERY)
        ApiKey.objects.filter(seen_long_ago, pk=key.pk).update(last_used_at=at)
    return key


def digest_of(text: str) -> str:
    return hashlib.sha512(text.encode()).hexdigest()
