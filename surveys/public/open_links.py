"""Links that are open to all. Each copy of the form has a key of its own: sent twice, it is one answer."""

import re
import secrets
from dataclasses import replace

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from events.boundary import Unstorable, clean_text
from surveys.answering.opening import comes_from_machine, count_look
from surveys.answering.sitting import Sitting, by_link
from surveys.models import SurveyLink, SurveyResponse
from surveys.public.pages import REFUSED, browser_languages, public_page, show
from surveys.public.survey import (
    LANGUAGE,
    Place,
    answer_page,
    form_to_show,
    language_for,
    show_survey,
    show_thanks,
)
from surveys.questions.questionnaires import NotPublished
from surveys.ways.work import challenge_for, check

CODE = re.compile(
    r"\A[\w-]{1,16}\Z"
)  # PostgreSQL takes no text with a NUL character, not even to look for it
KEY = re.compile(r"\A[0-9a-f]{32}\Z")
CONTEXT = ("order", "agent")  # what an address may say of the occasion: ?order=A-17
LONGEST_FACT = 80  # characters
LISTED = "index, nofollow"  # an open link is for everybody; a copy of its form, with a key of its own, is not
REMEMBERED = 365 * 24 * 60 * 60  # seconds for which a device counts as having answered


@public_page
@require_safe
def open_survey(request: HttpRequest, code: str) -> HttpResponseBase:
    """The survey on a link that is open to all, as a fresh copy of the form. Nothing is stored, no cookie is set."""
    link = link_for(code)
    if link.kind == SurveyLink.Kind.KIOSK:
        return redirect(reverse("survey-kiosk", args=[code], query=request.GET))
    sitting = sitting_at(link, secrets.token_hex(16), request)
    language = language_at(request, sitting)
    with translation.override(language):
        if link.per_device and device_answered(request, link):
            return show("public/answered.html", survey=link.survey, language=language, frames=link.sites)
        if not comes_from_machine(request, at=timezone.now()):
            count_look(link)
        place = place_at(link, sitting)
        listed = replace(place, robots=LISTED) if link.kind == SurveyLink.Kind.OPEN else place
        return answer_page(request, sitting, listed, language=language)


@public_page
@require_http_methods(["GET", "HEAD", "POST"])
def answer_open_survey(request: HttpRequest, code: str, key: str) -> HttpResponseBase:
    """One copy of the form: takes its pages, and shows the next."""
    link = link_for(code)
    sitting = sitting_at(link, key, request)
    language = language_at(request, sitting)
    with translation.override(language):
        if link.per_device and device_answered(request, link):
            return show("public/answered.html", survey=link.survey, language=language, frames=link.sites)
        if (
            request.method == "POST"
            and LANGUAGE not in request.POST
            and not has_worked(request, link, sitting)
        ):
            return ask_for_work(request, sitting, place_at(link, sitting), language=language)
        return answer_page(request, sitting, place_at(link, sitting), language=language)


@public_page
@require_safe
def thank_for_open_answer(request: HttpRequest, code: str, key: str) -> HttpResponseBase:
    """What everybody sees after sending; from now on the device is known to have answered, where that matters."""
    link = link_for(code)
    response = SurveyResponse.objects.filter(link=link, key=key).first() if KEY.match(key) else None
    if response is None:
        return redirect("survey-open", code=code)
    sitting = sitting_at(link, key, request)
    language = language_at(request, sitting)
    with translation.override(language):
        page = show_thanks(sitting, response, place_at(link, sitting), language=language)
    if link.per_device:
        page.set_signed_cookie(
            cookie_of(link),
            "1",
            max_age=REMEMBERED,
            path=reverse("survey-open", args=[code]),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return page


def link_for(code: str) -> SurveyLink:
    """The link of an address, with its survey. Raises Http404."""
    links = SurveyLink.objects.select_related("survey__theme", "touchpoint").defer("survey__theme__logo")
    link = links.filter(code=code).first() if CODE.match(code) else None
    if link is None:
        raise Http404
    return link


def sitting_at(link: SurveyLink, key: str, request: HttpRequest) -> Sitting:
    if not KEY.match(key):
        raise Http404
    try:
        return by_link(link, key=key, context=context_in(request))
    except NotPublished as error:
        raise Http404 from error


def context_in(request: HttpRequest) -> dict[str, str]:
    """What the address or the form says of the occasion; only what is expected, and only if it can be kept."""
    told = {name: (request.POST.get(name) or request.GET.get(name) or "")[:LONGEST_FACT] for name in CONTEXT}
    try:
        return {name: clean_text(fact) for name, fact in told.items() if fact}
    except Unstorable:
        return {}


def language_at(request: HttpRequest, sitting: Sitting) -> str:
    chosen = request.POST.get(LANGUAGE)
    return language_for(request, sitting.questionnaire, *browser_languages(request), chosen=chosen)


def has_worked(request: HttpRequest, link: SurveyLink, sitting: Sitting) -> bool:
    """Whether this copy of the form may take an answer: once is enough for all of its pages."""
    if not link.work or sitting.started or sitting.is_answered:
        return True
    challenge, proof = request.POST.get("challenge", ""), request.POST.get("proof", "")
    return check(challenge, proof, key=sitting.key or "", bits=link.work, at=timezone.now())


def ask_for_work(request: HttpRequest, sitting: Sitting, place: Place, *, language: str) -> HttpResponseBase:
    """The page once more, with what was typed and something new to work on."""
    form = form_to_show(request, sitting, language=language)
    form.sentence = _("Your browser has not finished its short calculation. Please send your answer again.")
    return show_survey(form, sitting, place, language=language, status=REFUSED)


def place_at(link: SurveyLink, sitting: Sitting) -> Place:
    steps = [link.code, sitting.key]
    work = ""
    if link.work and not sitting.started:
        work = challenge_for(sitting.key or "", bits=link.work, at=timezone.now())
    return Place(
        address=reverse("survey-open-answer", args=steps),
        thanks=reverse("survey-open-thanks", args=steps),
        frames=link.sites if link.kind == SurveyLink.Kind.EMBED else (),
        extra={"occasion": dict(sitting.facts.context), "work": work},
    )


def cookie_of(link: SurveyLink) -> str:
    return f"cx-{link.code}"


def device_answered(request: HttpRequest, link: SurveyLink) -> bool:
    return request.get_signed_cookie(cookie_of(link), default="") == "1"
