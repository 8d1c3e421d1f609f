"""The page on which a customer confirms that we may write: the token in the address is the key."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from django.views.defaults import page_not_found

from customers.models import ConsentProof, ConsentRecord, Customer
from customers.opt_in import AlreadyConfirmed, LinkExpired, check_link, confirm_opt_in, find_asked

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
GONE = 410


@csrf_exempt  # without a session the token is the only power, and who knows it needs no forgery
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_opt_in_page(request: HttpRequest, token: str) -> HttpResponse:
    """Shows what is to be confirmed; only the POST of its button changes anything."""
    asked = find_asked(token)
    page = show_question(request, asked) if asked else page_not_found(request, Http404())
    for name, value in HEADERS.items():
        page.headers[name] = value
    return page


def show_question(request: HttpRequest, asked: ConsentRecord) -> HttpResponse:
    customer, at = Customer.objects.get(pk=asked.customer_number), timezone.now()
    with translation.override(customer.language):
        status, stage = 200, "question"
        try:
            check_link(asked, at=at)
            if request.method == "POST":
                confirm_opt_in(asked=asked, at=at)
                stage = "thanks"
        except AlreadyConfirmed:
            stage = "again"
        except LinkExpired:
            status, stage = GONE, "expired"
        proof = ConsentProof.objects.filter(record=asked).first()
        page = render_to_string("public/opt_in.html", {"stage": stage, "wording": proof and proof.wording})
        return HttpResponse(page, status=status, headers={"Content-Language": customer.language})
