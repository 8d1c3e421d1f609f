"""The Message-ID of our mails: it carries what we know a mail by, sealed, so that nobody can report on mails they
never saw."""

import hmac
from functools import cache

from django.conf import settings

PURPOSE = b"mail.key:"
SEAL_LENGTH = 16  # hexadecimal digits: 64 bits


def message_id_of(key: str, *, domain: str) -> str:
    return f"<{key}.{seal_of(key, settings.SECRET_KEY)}@{domain}>"


def key_in(message_id: str) -> str:
    """What we know the mail by; "" when the Message-ID is not one of ours."""
    local = message_id.strip().removeprefix("<").partition("@")[0]
    key, _dot, seal = local.rpartition(".")
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_ours = any(hmac.compare_digest(seal_of(key, secret).encode(), seal.encode()) for secret in secrets)
    return key if is_ours else ""


def seal_of(key: str, secret: str) -> str:
    begun = begun_with(secret).copy()
    begun.update(key.encode())
    return begun.hexdigest()[:SEAL_LENGTH]


@cache
def begun_with(secret: str) -> hmac.HMAC:
    return hmac.new(secret.encode(), PURPOSE, "sha256")
