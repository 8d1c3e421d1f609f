"""Where providers tell what became of messages, and hand in what people wrote by SMS: no login, each call proves by its
signature who makes it."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from mail import webhook
from mail.esp.accounts import SCHEME, Account
from mail.reading import Forged, Garbled, Report, check_signature
from mail.reports import record_reports
from mail.sms.post import provider_at
from mail.sms.provider import Provider
from mail.sms.received import take_texts

UNDERSTOOD, NOT_UNDERSTOOD, FORBIDDEN = 204, 400, 403
Fact = TypeVar("Fact")
log = logging.getLogger(__name__)


@csrf_exempt  # the provider has no session; its signature is the proof
@login_not_required
@require_POST
def take_sms_reports(request: HttpRequest) -> HttpResponse:
    """What the SMS provider tells about messages."""
    provider = sms_provider()
    return take(lambda: provider.read_reports(request, at=timezone.now()), name=provider.name)


@csrf_exempt  # the provider has no session; its signature is the proof
@login_not_required
@require_POST
def take_sms_messages(request: HttpRequest) -> HttpResponse:
    """What people wrote to our number, as the SMS provider hands it in."""
    provider = sms_provider()
    return take(lambda: provider.read_texts(request), name=provider.name, keep=take_texts)


def sms_provider() -> Provider:
    """Without SMS there is no door."""
    if not settings.SMS_URL:
        raise Http404
    return provider_at(settings.SMS_URL)


@csrf_exempt  # the secret in the address is the proof, and a signature where the service makes one
@login_not_required
@require_http_methods(["POST", "HEAD"])
def take_mail_reports(request: HttpRequest, secret: str) -> HttpResponse:
    """What the e-mail service tells about mails. Some look first whether anybody is here."""
    if not settings.EMAIL_URL.startswith(SCHEME) or not settings.MAIL_WEBHOOK_SECRET:
        raise Http404
    account = Account.at(settings.EMAIL_URL)
    if not account.service.tells:
        raise Http404
    if request.method == "HEAD":
        return HttpResponse()

    def read() -> list[Report]:
        from mail.esp.tracking import read_reports  # noqa: PLC0415  anymail loads a lot, and most do without it

        check_signature(secret, settings.MAIL_WEBHOOK_SECRET)
        return read_reports(account, request, at=timezone.now())

    return take(read, name=account.name)


@csrf_exempt  # signed as Standard Webhooks are
@login_not_required
@require_POST
def take_app_reports(request: HttpRequest) -> HttpResponse:
    """What the company's own app tells about messages that it was handed."""
    if not settings.MESSAGE_WEBHOOK_URL:
        raise Http404
    return take(lambda: webhook.read_reports(request, at=timezone.now()), name=webhook.PROVIDER)


def keep_reports(reports: list[Report], *, at: datetime) -> None:
    record_reports(reports=reports, at=at)


def take(
    read: Callable[[], list[Fact]], *, name: str, keep: Callable[..., None] = keep_reports
) -> HttpResponse:
    """Every fact that is told again is answered as the first time, so that the provider stops telling it."""
    try:
        facts = read()
    except Forged:
        log.warning("A call that says it comes from %s is not signed by it.", name)
        return HttpResponse(status=FORBIDDEN)
    except Garbled:
        log.warning("A call of %s cannot be understood.", name)
        return HttpResponse(status=NOT_UNDERSTOOD)
    keep(facts, at=timezone.now())
    return HttpResponse(status=UNDERSTOOD)
