"""Personal links: the token in the address is the key."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_safe

from events.boundary import id_from
from surveys.answering.asking import find_invitation
from surveys.answering.forms import chosen_score
from surveys.answering.opening import comes_from_machine, note_opened
from surveys.answering.sitting import Sitting, Turn, invited
from surveys.models import Invitation, Survey, SurveyResponse
from surveys.public.pages import browser_languages, public_page, show, with_headers
from surveys.public.survey import (
    LANGUAGE,
    Place,
    answer_page,
    form_of,
    language_for,
    show_survey,
    show_thanks,
)
from surveys.questions.questionnaires import Questionnaire
from surveys.questions.wording import languages_of
from surveys.ways.tokens import invitation_id_of

NO_INVITATION = 0


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def answer_survey(request: HttpRequest, token: str) -> HttpResponseBase:
    """Shows the survey, and takes answers by POST only: a mail scanner that follows links changes no answer."""
    invitation = invitation_for(token)
    sitting = invited(invitation)
    language = language_for(
        request,
        sitting.questionnaire,
        invitation.language,
        *browser_languages(request),
        chosen=request.POST.get(LANGUAGE),
    )
    with translation.override(language):
        if invitation.answered_at and (request.method != "POST" or LANGUAGE in request.POST):
            return show("public/answered.html", survey=sitting.survey, language=language)
        if request.method != "POST":
            note_look(request, invitation, at=timezone.now())
        return answer_page(request, sitting, place_of(token), language=language)


@public_page
@require_safe
def thank_for_answer(request: HttpRequest, token: str) -> HttpResponseBase:
    """What everybody sees after sending."""
    invitation = invitation_for(token)
    if not invitation.answered_at:
        return redirect("survey-answer", token=token)
    sitting = invited(invitation)
    response = SurveyResponse.objects.filter(invitation=invitation).first()
    language = language_for(request, sitting.questionnaire, invitation.language)
    with translation.override(language):
        return show_thanks(sitting, response, place_of(token), language=language)


def note_look(request: HttpRequest, invitation: Invitation, *, at: datetime) -> None:
    handed_over_at = invitation.reminded_at or invitation.sent_at
    is_machine = comes_from_machine(request, at=at, handed_over_at=handed_over_at)
    note_opened(invitation, at=at, is_machine=is_machine)


def place_of(token: str) -> Place:
    return Place(
        address=reverse("survey-answer", args=[token]),
        thanks=reverse("survey-thanks", args=[token]),
        call=reverse("survey-call", args=[token]),
    )


def preview_survey(request: HttpRequest, survey: Survey, questionnaire: Questionnaire) -> HttpResponse:
    """A draft or a version as customers see it, for staff; it takes no answer. The caller checks who asks."""
    wanted = request.GET.get(LANGUAGE)
    language = wanted if wanted in languages_of(questionnaire) else survey.language
    sitting = Sitting(survey=survey, questionnaire=questionnaire)
    with translation.override(language):
        page = shown_to_staff(request, sitting, questionnaire, language=language)
    with_headers(page)
    return page


def shown_to_staff(
    request: HttpRequest, sitting: Sitting, questionnaire: Questionnaire, *, language: str
) -> HttpResponse:
    place = Place(address="", thanks="", frames=["'self'"], extra={"scheme": request.GET.get("scheme", "")})
    if (band := request.GET.get("thanks")) is not None:
        return show_thanks(sitting, None, place, language=language, band=band)
    page = min(max(id_from(request.GET.get("page")) - 1, 0), len(questionnaire.pages) - 1)
    answers = chosen_score(questionnaire, request.GET.get("score"))
    form = form_of(sitting, Turn(page, answers), language=language)
    return show_survey(form, sitting, place, language=language, is_preview=True)


def invitation_for(token: str) -> Invitation:
    """The invitation a link belongs to; raises Http404, in the same time, for any other."""
    if invitation := find_invitation(invitation_id_of(token) or NO_INVITATION):
        return invitation
    raise Http404
