"""Where an e-mail service or a mail server hands in mails that came for us: no login, the secret in the address is the
proof."""

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from mail.incoming.forms import is_form, mail_in_form
from mail.incoming.skeleton import LONGEST
from mail.incoming.taking import take_mail
from mail.reading import Forged, check_signature

TAKEN, NOT_UNDERSTOOD, FORBIDDEN, TOO_LARGE = 204, 400, 403, 413
LARGEST_CALL = 40 * 1024 * 1024  # a mail with all that is attached, of which the beginning is read
log = logging.getLogger(__name__)


@csrf_exempt  # the mail server has no session; the secret in the address is the proof
@login_not_required
@require_http_methods(["POST", "HEAD"])
def take_letters(request: HttpRequest, secret: str) -> HttpResponse:
    """One mail as it is (RFC 822), as the body of the call or in a field of a form; told again, it changes nothing."""
    if not settings.MAIL_WEBHOOK_SECRET:
        raise Http404
    try:
        check_signature(secret, settings.MAIL_WEBHOOK_SECRET)
    except Forged:
        log.warning("Somebody hands in a mail without the right secret in the address.")
        return HttpResponse(status=FORBIDDEN)
    return HttpResponse() if request.method == "HEAD" else HttpResponse(status=take_in(request))


def take_in(request: HttpRequest) -> int:
    """Take in the mail of a call; returns the status to answer with."""
    if is_too_large(request):
        return TOO_LARGE
    try:
        content = mail_in_form(request) if is_form(request) else request.read(LONGEST)
    except OSError:
        return NOT_UNDERSTOOD
    if not content.strip():
        return NOT_UNDERSTOOD
    take_mail(content=content, at=timezone.now())
    return TAKEN


def is_too_large(request: HttpRequest) -> bool:
    length = request.headers.get("Content-Length", "")
    return length.isdecimal() and int(length[:20]) > LARGEST_CALL
