"""The way out that every mail shows."""

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from surveys.answering.sitting import invited
from surveys.public.pages import public_page, show
from surveys.public.personal_links import invitation_for
from surveys.public.survey import language_for
from surveys.sending.unsubscribing import leave_by_link


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def leave_surveys(request: HttpRequest, token: str) -> HttpResponseBase:
    """A page with a button; only the POST, the button's or a mail program's (RFC 8058), changes anything."""
    invitation = invitation_for(token)
    language = language_for(request, invited(invitation).questionnaire, invitation.language)
    with translation.override(language):
        template = "public/unsubscribe.html"
        if request.method == "POST":
            leave_by_link(invitation=invitation, at=timezone.now())
            template = "public/unsubscribed.html"
        return show(
            template,
            language=language,
            preferences=reverse("preferences", args=[token]),
            survey=invitation.wave.campaign.survey,
            channel=invitation.channel,
        )
