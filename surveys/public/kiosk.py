"""A survey on a device in a shop: one page with all questions, many people one after another, often no network.

Files are not asked for there. What the device kept while there was no network comes later, with its own time.
"""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST, require_safe

from events.boundary import id_from
from surveys.answering.forms import ResponseForm, answers_in
from surveys.answering.responses import AlreadyAnswered, AnswersRefused, SurveyClosed
from surveys.answering.sitting import Sent, Sitting, facts_at, finish
from surveys.models import Survey, SurveyLink
from surveys.public.open_links import KEY, context_in, link_for
from surveys.public.pages import GONE, REFUSED, public_page, show
from surveys.public.survey import LATEST_MOMENT, introduction, language_for
from surveys.questions.checking import first_score_question
from surveys.questions.one_page import on_one_page
from surveys.questions.questionnaires import NotPublished, Questionnaire, asked_by, asked_in, without_files
from surveys.questions.walking import walk
from surveys.questions.wording import languages_of, survey_text, thank_you, voice_of
from surveys.themes.theming import logo_address
from surveys.ways.link_rules import USUAL_REST

KEPT_AT_MOST = timedelta(days=30)  # on a device without a network
BANDS = ("", "bad", "middle", "good")
FILES = ("public/public.css", "public/kiosk.css", "public/survey.js", "public/kiosk.js", "cx/favicon.svg")


@public_page
@require_safe
def show_kiosk(request: HttpRequest, code: str) -> HttpResponseBase:
    """All questions on one page, for one person after another."""
    sitting = sitting_at(kiosk_for(code))
    questionnaire = sitting.questionnaire
    language = language_for(request, questionnaire)
    with translation.override(language):
        page = kiosk_page(sitting, language=language, at=timezone.now())
    page.headers["X-Kiosk"] = code
    return page


@public_page
@require_POST
def take_kiosk_answer(request: HttpRequest, code: str, key: str) -> HttpResponseBase:
    """One answer from a kiosk, now or later: sent again, it is still one. The reply names the key that was taken."""
    if not KEY.match(key):
        raise Http404
    sitting = sitting_at(kiosk_for(code), request, key=key)
    language = language_for(request, sitting.questionnaire, request.POST.get("language"))
    with translation.override(language):
        return take_answer(request, sitting, language=language, at=answered_at(request, timezone.now()))


@public_page
@require_safe
def kiosk_worker(request: HttpRequest, code: str) -> HttpResponse:
    """The script that keeps a kiosk's pages on its device."""
    sitting = sitting_at(kiosk_for(code))
    home = reverse("survey-kiosk", args=[code])
    told = {
        "code": code,
        "pages": [home, *(f"{home}?lang={language}" for language in languages_of(sitting.questionnaire))],
        "files": [*(static(name) for name in FILES), *logo_of(sitting.survey)],
    }
    made_of = json.dumps([told, sitting.questionnaire.version_id, worker_source()])
    told["name"] = f"cx-kiosk-{code}-{sha256(made_of.encode()).hexdigest()[:12]}"
    return HttpResponse(
        f"({worker_source()})({json.dumps(told)});\n", content_type="text/javascript; charset=utf-8"
    )


def logo_of(survey: Survey) -> list[str]:
    address = logo_address(survey.theme) if survey.theme else ""
    return [address] if address else []


def kiosk_for(code: str) -> SurveyLink:
    """Raises Http404."""
    link = link_for(code)
    if link.kind != SurveyLink.Kind.KIOSK:
        raise Http404
    return link


def sitting_at(link: SurveyLink, request: HttpRequest | None = None, *, key: str | None = None) -> Sitting:
    """The sitting of the version a device shows: it may not know of a newer one yet. Raises Http404."""
    try:
        questionnaire = asked_by(link.survey)
    except NotPublished as error:
        raise Http404 from error
    version = id_from(request.POST.get("version")) if request else 0
    if version and link.survey.versions.filter(pk=version).exists():
        questionnaire = asked_in(version)
    facts = facts_at(link, questionnaire, context=context_in(request) if request else {})
    return Sitting(
        survey=link.survey, questionnaire=without_files(questionnaire), link=link, key=key, facts=facts
    )


def kiosk_page(sitting: Sitting, *, language: str, at: datetime) -> HttpResponse:
    if closing := sitting.closing(at):
        return show(
            "public/closed.html", status=GONE, survey=sitting.survey, language=language, closing=closing
        )
    questionnaire = on_one_page(sitting.questionnaire)
    voice = voice_of(questionnaire, language)
    form = ResponseForm(
        questionnaire,
        voice=voice,
        walked=walk(questionnaire, {}, sitting.facts),
        answers={},
        order=token_hex(8),
    )
    return show(
        "public/kiosk.html",
        form=form,
        link=sitting.link,
        survey=sitting.survey,
        language=language,
        languages=languages_of(questionnaire),
        title=survey_text(questionnaire.survey, "title", voice),
        intro=introduction(questionnaire, voice),
        thanks=json.dumps({band: thank_you(questionnaire.survey, voice, band) for band in BANDS}),
        version=sitting.questionnaire.version_id,
        rest=sitting.link.rules.get("rest", USUAL_REST) if sitting.link else USUAL_REST,
        known=known_at_kiosk(questionnaire),
        required=json.dumps([question.key for question in questionnaire.questions if question.is_required]),
    )


def known_at_kiosk(questionnaire: Questionnaire) -> dict[str, Any]:
    """What survey.js starts from: nobody is known, and nothing is answered."""
    first = first_score_question(questionnaire.questions)
    return {"answers": {}, "kinds": {}, "first": first.key if first else None}


def answered_at(request: HttpRequest, now: datetime) -> datetime:
    """When the person answered, by the device's clock; now, when that cannot be true."""
    told = parse_moment(request.POST.get("answered_at", ""))
    return told if told and now - KEPT_AT_MOST <= told <= now else now


def parse_moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def take_answer(request: HttpRequest, sitting: Sitting, *, language: str, at: datetime) -> JsonResponse:
    answers = answers_in(request.POST, sitting.questionnaire.questions)
    begun = id_from(request.POST.get("begun"))
    sent = Sent(
        answers=answers,
        begun_at=datetime.fromtimestamp(begun, tz=UTC) if 0 < begun < LATEST_MOMENT else None,
    )
    walked = walk(sitting.questionnaire, answers, sitting.facts)
    if walked.problems:
        return refused(sitting, AnswersRefused(walked.problems))
    if sitting.closing(at):
        return verdict(sitting, status=GONE, taken=False)
    try:
        turn = finish(sitting, answers, walked, page=0, sent=sent, language=language, at=at)
    except AlreadyAnswered:
        return verdict(sitting, taken=True)
    except SurveyClosed:
        return verdict(sitting, status=GONE, taken=False)
    return refused(sitting, turn.refusal) if turn.refusal else verdict(sitting, taken=True)


def refused(sitting: Sitting, refusal: AnswersRefused) -> JsonResponse:
    problems = {f"q{pk}": str(problem.sentence) for pk, problem in refusal.problems.items()}
    return verdict(sitting, status=REFUSED, taken=False, problems=problems)


def verdict(sitting: Sitting, *, status: int = 200, **told: Any) -> JsonResponse:
    return JsonResponse({"key": sitting.key, **told}, status=status)


@cache
def worker_source() -> str:
    return (settings.BASE_DIR / "static/public/kiosk-worker.js").read_text(encoding="utf-8").strip()
