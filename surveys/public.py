"""The pages customers meet. Nobody signs in: the token in the address is the key."""

from collections.abc import Callable
from functools import wraps

from axes.helpers import get_client_ip_address
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django.views.defaults import page_not_found

from surveys.asking import find_invitation
from surveys.forms import ResponseForm, chosen_score
from surveys.guessing import wait_after_miss
from surveys.models import Invitation, Survey
from surveys.responses import AlreadyAnswered, AnswersRefused, SurveyClosed, is_closed, submit_response
from surveys.tokens import invitation_id_of
from surveys.wording import languages_of, survey_text

View = Callable[..., HttpResponseBase]

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
NO_INVITATION = 0
LANGUAGE = "lang"  # the language buttons' name: a form sent by one of them is shown again, not taken
REFUSED, GONE, TOO_MANY = 422, 410, 429


def public_page(view: View) -> View:
    """Opens a view to customers, with the headers that keep its address to itself.

    There is no CSRF check: without a session the token is the only power, and who knows it needs no forgery. Nor
    could there be one: browsers hide the origin of a form on a page that sends no referrer.
    """

    @wraps(view)
    def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            reply = view(request, *args, **kwargs)
        except Http404 as missing:
            reply = refuse_link(request, missing)
        for name, value in HEADERS.items():
            reply.headers[name] = value
        return reply

    return csrf_exempt(login_not_required(page))


def refuse_link(request: HttpRequest, missing: Http404) -> HttpResponse:
    """The page for a link that leads nowhere; for whoever tries many of them, one that says to wait."""
    wait = wait_after_miss(address=get_client_ip_address(request) or "", at=timezone.now())
    if not wait:
        return page_not_found(request, missing)
    page = render_to_string("429.html")
    return HttpResponse(page, status=TOO_MANY, headers={"Retry-After": str(wait)})


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def answer_survey(request: HttpRequest, token: str) -> HttpResponseBase:
    """Shows the survey, and takes the answer by POST only: a mail scanner that follows links changes nothing."""
    invitation = invitation_for(token)
    survey = invitation.wave.campaign.survey
    language = language_for(request, invitation, chosen=request.POST.get(LANGUAGE))
    with translation.override(language):
        if request.method == "POST" and LANGUAGE not in request.POST:
            return take_answer(request, invitation, token=token, language=language)
        if invitation.answered_at:
            return show("public/answered.html", survey=survey, language=language)
        form = ResponseForm(survey, language=language, typed=typed_so_far(request, survey))
        if is_closed(invitation.wave.campaign, at=timezone.now()):
            return show("public/closed.html", status=GONE, survey=survey, language=language, form=form)
        return show_survey(form, survey, language=language)


def typed_so_far(request: HttpRequest, survey: Survey) -> dict[str, str]:
    """What comes along with a change of language, else the score chosen in the mail."""
    return request.POST.dict() or chosen_score(survey, request.GET.get("score"))


def take_answer(
    request: HttpRequest, invitation: Invitation, *, token: str, language: str
) -> HttpResponseBase:
    survey = invitation.wave.campaign.survey
    form = ResponseForm(survey, language=language, typed=request.POST.dict())
    try:
        submit_response(invitation=invitation, answers=form.answers(), language=language, at=timezone.now())
    except AlreadyAnswered:
        pass  # a double click; the customer sees the same page
    except AnswersRefused as refusal:
        form.refuse(refusal)
        return show_survey(form, survey, language=language, status=REFUSED)
    except SurveyClosed:
        return show("public/closed.html", status=GONE, survey=survey, language=language, form=form)
    return redirect(f"{reverse('survey-thanks', args=[token])}?lang={language}")


@public_page
@require_safe
def thank_for_answer(request: HttpRequest, token: str) -> HttpResponseBase:
    """What everybody sees after sending; it shows nothing of the answer."""
    invitation = invitation_for(token)
    if not invitation.answered_at:
        return redirect("survey-answer", token=token)
    survey, language = invitation.wave.campaign.survey, language_for(request, invitation)
    with translation.override(language):
        return show(
            "public/thanks.html",
            survey=survey,
            language=language,
            thanks=survey_text(survey, "thanks", language),
        )


def preview_survey(request: HttpRequest, survey: Survey) -> HttpResponse:
    """The survey page as customers see it, for staff; it takes no answer. The caller checks who asks."""
    wanted = request.GET.get(LANGUAGE)
    language = wanted if wanted in languages_of(survey) else survey.language
    form = ResponseForm(survey, language=language, typed=request.GET.dict())
    with translation.override(language):
        page = show_survey(form, survey, language=language, is_preview=True)
    for name, value in HEADERS.items():
        page.headers[name] = value
    return page


def invitation_for(token: str) -> Invitation:
    """The invitation a link belongs to; raises Http404, in the same time, for any other."""
    if invitation := find_invitation(invitation_id_of(token) or NO_INVITATION):
        return invitation
    raise Http404


def language_for(request: HttpRequest, invitation: Invitation, *, chosen: str | None = None) -> str:
    """The language chosen on the page or asked for, else the invitation's, else the survey's main one."""
    survey = invitation.wave.campaign.survey
    wanted = (chosen, request.GET.get(LANGUAGE), invitation.language)
    offered = languages_of(survey)
    return next((language for language in wanted if language in offered), survey.language)


def show_survey(
    form: ResponseForm, survey: Survey, *, language: str, status: int = 200, is_preview: bool = False
) -> HttpResponse:
    return show(
        "public/survey.html",
        form=form,
        survey=survey,
        language=language,
        languages=languages_of(survey),
        title=survey_text(survey, "title", language),
        intro=survey_text(survey, "intro", language),
        status=status,
        is_preview=is_preview,
    )


def show(template: str, *, language: str, status: int = 200, **context: object) -> HttpResponse:
    page = render_to_string(template, {"language": language, **context})
    return HttpResponse(page, status=status, headers={"Content-Language": language})
