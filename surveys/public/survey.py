"""The survey page itself, by whatever way somebody came to it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from django.utils.module_loading import import_string

from events.boundary import id_from
from surveys.answering.closing import Closing, Why
from surveys.answering.forms import ResponseForm, answers_in, chosen_score
from surveys.answering.responses import AlreadyAnswered, SurveyClosed
from surveys.answering.sitting import Sent, Sitting, Turn, at_page, go_on
from surveys.answering.uploads import files_in
from surveys.metrics import band_of
from surveys.models import SurveyResponse
from surveys.public.pages import GONE, REFUSED, UNLISTED, first_offered, show
from surveys.questions.checking import first_score_question
from surveys.questions.questionnaires import Questionnaire
from surveys.questions.walking import walk
from surveys.questions.wording import Voice, languages_of, survey_text, thank_you, voice_of

LANGUAGE = "lang"  # the language buttons' name: a form sent by one of them is shown again, not taken
SHORT = 3  # questions answered in twenty seconds
LATEST_MOMENT = 2**33  # seconds; no honest browser sends more


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the page of a sitting stands: its addresses, and who may show it in a frame."""

    address: str
    thanks: str
    call: str = ""  # where a customer asks to be called
    frames: Iterable[str] = ()
    robots: str = UNLISTED
    extra: Mapping[str, Any] = field(default_factory=dict)  # what else its template shows


def language_for(
    request: HttpRequest, questionnaire: Questionnaire, *preferred: str | None, chosen: str | None = None
) -> str:
    """The language chosen on the page or asked for, else the first of `preferred`, else the survey's main one."""
    wanted = (chosen, request.GET.get(LANGUAGE), *preferred)
    main = questionnaire.survey.language
    return first_offered(wanted, offered=languages_of(questionnaire), otherwise=main)


def answer_page(request: HttpRequest, sitting: Sitting, place: Place, *, language: str) -> HttpResponseBase:
    """Show a page of the survey, or take one: only a POST without a language button takes anything."""
    if request.method == "POST" and LANGUAGE not in request.POST:
        return take_page(request, sitting, place, language=language)
    form = form_to_show(request, sitting, language=language)
    if closing := sitting.closing(timezone.now()):
        return closed(sitting, closing, form, place, language=language)
    return show_survey(form, sitting, place, language=language)


def form_to_show(request: HttpRequest, sitting: Sitting, *, language: str) -> ResponseForm:
    """The page asked for, with what was saved, what comes along with a change of language, or a score from the mail."""
    pages = sitting.questionnaire.pages
    answers = chosen_score(sitting.questionnaire, request.GET.get("score")) | sitting.answers
    if request.method == "POST":
        page = min(max(id_from(request.POST.get("page")) - 1, 0), len(pages) - 1)
        answers |= answers_in(request.POST, pages[page])
    else:
        wanted = id_from(request.GET.get("page"))
        page = at_page(sitting, wanted - 1 if wanted else None)
    return form_of(sitting, Turn(page, answers), language=language)


def form_of(sitting: Sitting, turn: Turn, *, language: str) -> ResponseForm:
    form = ResponseForm(
        sitting.questionnaire,
        voice=voice_for(sitting, language),
        walked=walk(sitting.questionnaire, turn.answers, sitting.facts),
        answers=turn.answers,
        page=turn.page,
        order=sitting.order,
    )
    if turn.refusal:
        form.refuse(turn.refusal)
    return form


def voice_for(sitting: Sitting, language: str) -> Voice:
    return voice_of(sitting.questionnaire, language, sitting.names)


def take_page(request: HttpRequest, sitting: Sitting, place: Place, *, language: str) -> HttpResponseBase:
    at = timezone.now()
    sent = sent_by(request, sitting, at=at)
    try:
        turn = go_on(sitting, sent, language=language, at=at)
    except AlreadyAnswered:
        return HttpResponseRedirect(
            f"{place.thanks}?lang={language}"
        )  # a double click; the customer sees the same page
    except SurveyClosed:
        closing = sitting.closing(at) or Closing(Why.FULL)  # the last place was taken just now
        turn = Turn(sent.page, sitting.answers | dict(sent.answers))
        return closed(sitting, closing, form_of(sitting, turn, language=language), place, language=language)
    if turn.response:
        return HttpResponseRedirect(f"{place.thanks}?lang={language}")
    if turn.answers or turn.refusal:
        form = form_of(sitting, turn, language=language)
        is_refused = form.problems or form.sentence
        return show_survey(form, sitting, place, language=language, status=REFUSED if is_refused else 200)
    return HttpResponseRedirect(f"{place.address}?lang={language}&page={turn.page + 1}")


def sent_by(request: HttpRequest, sitting: Sitting, *, at: datetime) -> Sent:
    pages = sitting.questionnaire.pages
    page = min(max(id_from(request.POST.get("page")) - 1, 0), len(pages) - 1)
    is_over = sitting.is_answered or sitting.closing(at)  # then no file is kept, whoever sends one
    files = {} if is_over else files_in(request, pages[page], at=at)
    begun = id_from(request.POST.get("begun"))
    return Sent(
        answers=answers_in(request.POST, pages[page]) | files,
        page=page,
        seen=frozenset(id_from(pk) for pk in request.POST.getlist("seen")),
        goes_back="back" in request.POST,
        begun_at=datetime.fromtimestamp(begun, tz=UTC) if 0 < begun < LATEST_MOMENT else None,
    )


def show_survey(
    form: ResponseForm,
    sitting: Sitting,
    place: Place,
    *,
    language: str,
    status: int = 200,
    **context: object,
) -> HttpResponse:
    questionnaire, voice = sitting.questionnaire, voice_for(sitting, language)
    pages = len(questionnaire.pages)
    return show(
        "public/survey.html",
        form=form,
        survey=sitting.survey,
        language=language,
        languages=languages_of(questionnaire),
        title=survey_text(questionnaire.survey, "title", voice),
        intro=introduction(questionnaire, voice),
        address=place.address,
        begun=int(timezone.now().timestamp()),
        page=form.page + 1,
        pages=pages,
        is_last=form.page + 1 == pages,
        known=known_elsewhere(form, questionnaire) if needs_script(form, questionnaire) else None,
        status=status,
        frames=place.frames,
        robots=place.robots,
        **(dict(place.extra) | context),
    )


def introduction(questionnaire: Questionnaire, voice: Voice) -> str:
    """The standard one promises twenty seconds: a longer survey says something of its own, or nothing."""
    survey = questionnaire.survey
    is_short = len(questionnaire.questions) <= SHORT
    return survey_text(survey, "intro", voice) if is_short else voice.say(survey.intro)


def needs_script(form: ResponseForm, questionnaire: Questionnaire) -> bool:
    """Whether the page changes with what is answered on it."""
    return questionnaire.has_logic or any(asked.bands for asked in form.asked)


def known_elsewhere(form: ResponseForm, questionnaire: Questionnaire) -> dict[str, Any]:
    """What survey.js needs to work conditions out that look beyond the page: nothing that no condition names.

    What they ask of the customer and the occasion is settled already: nobody reads in the page what we know of them.
    """
    known, here = form.walked.known, {asked.question.key for asked in form.asked}
    mentioned = questionnaire.mentioned
    first = first_score_question(questionnaire.questions)
    return {
        "first": first.key if first else None,
        "answers": {key: known.answers.get(key) for key in mentioned - here},
        "kinds": {key: kind for key, kind in known.kinds.items() if key in mentioned},
    }


def closed(
    sitting: Sitting, closing: Closing, form: ResponseForm, place: Place, *, language: str
) -> HttpResponse:
    """It takes no answers, and says why; what was typed is given back."""
    return show(
        "public/closed.html",
        status=GONE,
        survey=sitting.survey,
        language=language,
        closing=closing,
        form=form,
        frames=place.frames,
    )


def show_thanks(
    sitting: Sitting, response: SurveyResponse | None, place: Place, *, language: str, band: str = ""
) -> HttpResponse:
    """What everybody sees after sending: of the answer it shows only what its score band is told."""
    survey = sitting.questionnaire.survey
    if response and response.score is not None:
        band = band_of(response.score_kind, response.score)
    promise = promise_to(response) if response and band == "bad" else ""
    return show(
        "public/thanks.html",
        survey=sitting.survey,
        language=language,
        thanks=thank_you(survey, voice_for(sitting, language), band),
        review_url=survey.review_url if band == "good" else "",
        promise=promise,
        call=place.call if place.call and not promise and calls_are_taken() else "",
        stored=place.extra.get("stored", ""),
        scheme=place.extra.get("scheme", ""),
        frames=place.frames,
    )


def promise_to(response: SurveyResponse) -> str:
    """Who will call, and when, as the room that does it says; "" when nobody will."""
    promise: Callable[[SurveyResponse], str] = import_string(settings.SURVEY_PROMISE)
    return promise(response)


def calls_are_taken() -> bool:
    """Whether somebody calls those who ask for it, as the room that does it says."""
    answer: Callable[[], bool] = import_string(settings.SURVEY_CALLS)
    return answer()
