"""How a follow-up reads: its customer, its score, the customer's words, the time left."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Prefetch
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from events.dates import say_moment
from followups.models import FollowUp, Signal
from followups.rules.matching import words_in
from followups.rules.ratings import rating_in
from staff.business_time import Week, business_time_between
from surveys.metrics import SCALES
from surveys.models import Answer, Question, SurveyResponse
from surveys.questions.answer_words import words_of
from surveys.questions.wording import Voice, question_text

COMMENTS = Prefetch(
    "survey_response__answers", queryset=Answer.objects.exclude(text="").order_by("question__position", "pk")
)
SOON = timedelta(hours=2)
HOUR = timedelta(hours=1)
DID: dict[str, Promise | str] = {
    Signal.ANSWER: gettext_lazy("%(customer)s gave %(score)s"),
    Signal.REVIEW: gettext_lazy("%(customer)s wrote a review"),
    Signal.MESSAGE: gettext_lazy("%(customer)s wrote a message"),
    Signal.CALL_REQUEST: gettext_lazy("%(customer)s asks to be called"),
    Signal.AT_RISK: gettext_lazy("%(customer)s may leave"),
    Signal.BY_HAND: gettext_lazy("%(customer)s needs somebody"),
}


def customer_words(follow_up: FollowUp) -> str:
    return str(follow_up.customer) if follow_up.customer else _("Anonymous customer")


def score_words(follow_up: FollowUp) -> str:
    """“2/10”, also the stars of a review; "" without any. Needs the follow-up's survey_response and interaction."""
    if follow_up.survey_response and follow_up.score is not None:
        return out_of(follow_up.score, kind=follow_up.survey_response.score_kind or Question.Kind.NPS)
    rating = rating_in(follow_up.interaction.detail) if follow_up.interaction else None
    return rating.words if rating else ""


def said_in(follow_up: FollowUp) -> str:
    """What the customer wrote first, or what a colleague wrote about it; cheap where COMMENTS is prefetched."""
    if follow_up.survey_response:
        return comment_of(follow_up.survey_response)
    return words_in(follow_up.interaction) if follow_up.interaction else follow_up.summary


def did_words(follow_up: FollowUp) -> str:
    """What happened, as a sentence without its end: “Ana Petrović gave 2/10”."""
    score = score_words(follow_up)
    if follow_up.source == Signal.REVIEW and score:
        words = _("%(customer)s wrote a review with %(score)s")
    else:
        words = str(DID[follow_up.source])
    return words % {"customer": customer_words(follow_up), "score": score}


def score_of(survey_response: SurveyResponse) -> str:
    """The same of an answer; "" without a score."""
    if survey_response.score is None:
        return ""
    return out_of(survey_response.score, kind=survey_response.score_kind)


def out_of(score: int, *, kind: str) -> str:
    return f"{score}/{SCALES[kind][-1]}"


def comment_of(survey_response: SurveyResponse) -> str:
    """The first thing the customer wrote; cheap where COMMENTS is prefetched."""
    return next((answer.text for answer in survey_response.answers.all() if answer.text), "")


@dataclass(frozen=True)
class Clock:
    """The time left, in words, and how urgent it looks: bad, warn, info, good or plain."""

    words: str
    tone: str


def clock_of(follow_up: FollowUp, *, week: Week | None, at: datetime) -> Clock:
    """What the clock of `follow_up` says `at` in the business hours of `week`; without a week, when it is due."""
    if follow_up.state == FollowUp.State.RESOLVED:
        return Clock(_("resolved"), "good")
    if follow_up.state == FollowUp.State.WAITING:
        return Clock(waiting_words(follow_up), "info")
    if follow_up.due_at < at:
        return Clock(_("overdue since %(when)s") % {"when": say_moment(follow_up.due_at)}, "bad")
    left = business_time_between(week, at, follow_up.due_at) if week else None
    if not left:
        return Clock(_("due %(when)s") % {"when": say_moment(follow_up.due_at)}, "warn")
    return Clock(left_words(left), "warn" if left <= SOON else "plain")


def waiting_words(follow_up: FollowUp) -> str:
    if follow_up.wakes_at:
        return _("waits for the customer until %(when)s") % {"when": say_moment(follow_up.wakes_at)}
    return _("waits for the customer")


def left_words(left: timedelta) -> str:
    if left < HOUR:
        minutes = max(1, int(left / timedelta(minutes=1)))
        return ngettext("due in %(n)s business minute", "due in %(n)s business minutes", minutes) % {
            "n": minutes
        }
    hours = round(left / HOUR)
    return ngettext("due in %(n)s business hour", "due in %(n)s business hours", hours) % {"n": hours}


@dataclass(frozen=True)
class AnswerWords:
    """One answer as the page shows it: what was asked, what was scored, what was written."""

    question: str
    score: str
    text: str


def answers_of(survey_response: SurveyResponse) -> list[AnswerWords]:
    """Everything the customer answered, in the order it was asked."""
    answers = survey_response.answers.select_related("question").order_by("question__position", "pk")
    voice = Voice(get_language() or settings.LANGUAGE_CODE, survey_response.survey.language)
    return [
        AnswerWords(
            question=question_text(answer.question, voice),
            score="" if answer.score is None else out_of(answer.score, kind=answer.question.kind),
            text=words_of(answer, voice),
        )
        for answer in answers
    ]
