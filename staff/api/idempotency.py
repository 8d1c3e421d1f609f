"""One effect for one Idempotency-Key: the answer is kept in the same transaction as the effect.

A crash leaves neither. A twin that comes meanwhile waits for the first (on the unique index, or SQLite's write
lock) and then reads its answer. A refusal changed nothing and is not kept: the same key may be used once more.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import OperationalError, transaction
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from staff.api.errors import Refused
from staff.models import ApiKey, IdempotencyRecord

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
LONGEST_KEY = 255
KEPT = timedelta(hours=72)


def answer_once(key: str, request: Request, write: Callable[[], Response], *, at: datetime) -> Response:
    """The answer of `write`, which runs only the first time its caller uses `key`.

    Raises Refused: 400 for an unusable key, 422 for one used with another request, 409 while a twin is running.
    """
    if not key.isprintable() or len(key) > LONGEST_KEY:
        raise Refused(
            400, "invalid_idempotency_key", _("Idempotency-Key takes up to 255 printable characters.")
        )
    with transaction.atomic():
        record, is_new = open_record(key, request, at=at)
        if not is_new:
            return replay(record, request)
        reply = write()
        record.status = reply.status_code
        record.body = "" if reply.data is None else JSONRenderer().render(reply.data).decode()
        record.save(update_fields=["status", "body"])
    return reply


def open_record(key: str, request: Request, *, at: datetime) -> tuple[IdempotencyRecord, bool]:
    try:
        return IdempotencyRecord.objects.get_or_create(
            actor=actor_of(request), key=key, defaults={"digest": digest_of(request), "at": at}
        )
    except OperationalError as error:
        raise Refused(
            409,
            "still_running",
            _("The first request with this key is still running."),
            retry_after=1,
        ) from error


def replay(record: IdempotencyRecord, request: Request) -> Response:
    if record.digest != digest_of(request):
        raise Refused(422, "idempotency_key_reused", _("This Idempotency-Key was used for another request."))
    return Response(
        json.loads(record.body) if record.body else None, status=record.status, headers={REPLAYED: "true"}
    )


def actor_of(request: Request) -> str:
    return f"key:{request.auth.pk}" if isinstance(request.auth, ApiKey) else f"user:{request.user.pk}"


def digest_of(request: Request) -> str:
    head = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(head + request._request.body).hexdigest()


def prune_idempotency_records(*, at: datetime) -> int:
    """Forget answers older than three days; returns how many."""
    deleted, _by_model = IdempotencyRecord.objects.filter(at__lt=at - KEPT).delete()
    return deleted
