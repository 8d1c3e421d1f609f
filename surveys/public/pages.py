"""What all pages of customers have in common. Nobody signs in: what stands in the address is the key."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from functools import wraps

from axes.helpers import get_client_ip_address
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.defaults import page_not_found

from staff.given_files import MEGABYTE
from surveys.ways.guessing import wait_after_miss

View = Callable[..., HttpResponseBase]

POLICY = (
    "default-src 'none'; style-src 'self'{style}; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
)
UNLISTED = "noindex, nofollow"  # for search engines: a personal link is nobody else's business
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": UNLISTED,
}
TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)
REFUSED, GONE, TOO_MANY, TOO_LARGE = 422, 410, 429, 413
LARGEST_REQUEST = 32 * MEGABYTE  # three of the largest files at once
LONGEST_LENGTH = 9  # digits of it


def policy(*, nonce: str = "", frames: Iterable[str] = ()) -> str:
    """A Content-Security-Policy: nothing from elsewhere, and a frame only in the pages of `frames`."""
    return POLICY.format(style=f" 'nonce-{nonce}'" if nonce else "", frames=" ".join(frames) or "'none'")


def public_page(view: View) -> View:
    """Opens a view to customers, with the headers that keep its address to itself.

    There is no CSRF check: without a session the token is the only power, and who knows it needs no forgery. Nor
    could there be one: browsers hide the origin of a form on a page that sends no referrer.
    """

    @wraps(view)
    def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            refuse_too_large(request)
            reply = view(request, *args, **kwargs)
        except Http404 as missing:
            reply = refuse_link(request, missing)
        except TOO_MUCH:
            reply = show("public/too_large.html", language=get_language() or "", status=TOO_LARGE)
        return with_headers(reply)

    return csrf_exempt(login_not_required(page))


def refuse_too_large(request: HttpRequest) -> None:
    """Before anything of it is read: a file would fill the disk before it could be measured."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if len(length) > LONGEST_LENGTH or int(length) > LARGEST_REQUEST:
        raise RequestDataTooBig


def with_headers(reply: HttpResponseBase) -> HttpResponseBase:
    for name, value in HEADERS.items():
        reply.headers.setdefault(name, value)
    reply.headers.setdefault("Content-Security-Policy", policy())
    return reply


def refuse_link(request: HttpRequest, missing: Http404) -> HttpResponse:
    """The page for a link that leads nowhere; for whoever tries many of them, one that says to wait."""
    wait = wait_after_miss(address=get_client_ip_address(request) or "", at=timezone.now())
    if not wait:
        return page_not_found(request, missing)
    page = render_to_string("429.html")
    return HttpResponse(page, status=TOO_MANY, headers={"Retry-After": str(wait)})


def show(
    template: str,
    *,
    language: str,
    status: int = 200,
    frames: Iterable[str] = (),
    robots: str = UNLISTED,
    **context: object,
) -> HttpResponse:
    """A page, with the nonce under which its theme's style may stand in it."""
    nonce = secrets.token_urlsafe(12)
    sites = list(frames)
    known = {"language": language, "nonce": nonce, "frames": sites, "robots": robots}
    page = render_to_string(template, known | context)
    headers = {
        "Content-Language": language,
        "Content-Security-Policy": policy(nonce=nonce, frames=sites),
        "X-Robots-Tag": robots,
    }
    reply = HttpResponse(page, status=status, headers=headers)
    return xframe_options_exempt(lambda: reply)() if sites else reply


def first_offered(wanted: Iterable[str | None], *, offered: Sequence[str], otherwise: str) -> str:
    return next((language for language in wanted if language and language in offered), otherwise)


def browser_languages(request: HttpRequest) -> list[str]:
    """What the browser prefers, best first, in our names of languages."""
    preferred = [
        code for code, _quality in parse_accept_lang_header(request.headers.get("Accept-Language", ""))
    ]
    chinese = [code for code in preferred if code.startswith("zh")]
    return [*preferred, *(code.partition("-")[0] for code in preferred), *("zh-hans" for _ in chinese[:1])]
