"""What a survey's author should know before customers see it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from surveys.metrics import SCALES
from surveys.models import Question, Survey, Theme
from surveys.questions.checking import first_score_question
from surveys.questions.settings import WITH_OPTIONS, is_asked, options_of, rows_of
from surveys.questions.wording import Texts, missing_languages, own_name
from surveys.themes.theming import drawn_otherwise
from surveys.writing.publishing import FEWEST_OPTIONS

Kind = Question.Kind
MOST_QUESTIONS = 10
LONGEST = 120  # seconds; beyond it many give up
SECONDS: Mapping[str, int] = {  # roughly, to read a question and answer it
    **dict.fromkeys(SCALES, 8),
    Kind.CHOICE: 8,
    Kind.CHOICES: 12,
    Kind.YESNO: 5,
    Kind.RANKING: 25,
    Kind.COMMENT: 25,
    Kind.FILE: 30,
    Kind.STATEMENT: 5,
}
SECONDS_OF_OTHERS = 10
SECONDS_A_ROW = 6  # of a matrix
FAMILIES = (
    {Kind.CSAT, Kind.CSAT3},
    {Kind.CES, Kind.CES5, Kind.EFFORT},
)  # scales of one score that have different lengths or directions


def cautions_about(survey: Survey, *, at: datetime) -> Iterator[str | Promise]:
    """What is unwise or unfinished in `survey`; nothing of it is forbidden."""
    questions = list(survey.questions.present())
    if first_score_question(questions) is None:
        yield _("It asks for no score yet: add an NPS, CSAT or CES question.")
    if survey.kind == Survey.Kind.TRANSACTIONAL and any(q.kind == Kind.NPS for q in questions):
        yield _(
            "NPS asks about the whole relationship. After a single event, CSAT or CES says more about that event."
        )
    yield from cautions_about_closing(survey, at=at)
    yield from cautions_about_colours(survey.theme)
    yield from cautions_about_length(questions)
    yield from cautions_about_questions(questions)
    yield from cautions_about_languages(survey, questions)


def cautions_about_closing(survey: Survey, *, at: datetime) -> Iterator[str | Promise]:
    if not survey.is_open:
        yield _("It takes no answers at the moment: links that were sent say that the survey is closed.")
    if survey.closes_at and survey.closes_at <= at:
        yield _("Its last day is over: it takes no more answers. Settings has a later one.")
    if survey.quota is not None and survey.taken >= survey.quota:
        yield _("All %(number)d answers that were wanted have come: it takes no more.") % {
            "number": survey.quota
        }


def cautions_about_colours(theme: Theme | None) -> Iterator[str | Promise]:
    """Colours that not everybody could read (WCAG 2.2, AA): the pages show the nearest that everybody can."""
    if theme and (others := drawn_otherwise(theme)):
        yield _("Of theme “%(theme)s”, %(chosen)s has too little contrast: pages show %(drawn)s instead.") % {
            "theme": theme.name,
            "chosen": ", ".join(each.chosen for each in others),
            "drawn": ", ".join(each.drawn for each in others),
        }


def cautions_about_length(questions: Sequence[Question]) -> Iterator[str | Promise]:
    asked = sum(is_asked(question) for question in questions)
    if asked > MOST_QUESTIONS:
        yield _("It asks %(number)d questions. Beyond ten, many people give up.") % {"number": asked}
    elif (seconds := sum(seconds_for(question) for question in questions)) > LONGEST:
        yield _("It takes about %(minutes).1f minutes. Beyond two, many people give up.") % {
            "minutes": seconds / 60
        }


def cautions_about_questions(questions: Sequence[Question]) -> Iterator[str | Promise]:
    kinds = {Kind(question.kind) for question in questions}
    for family in FAMILIES:
        if len(both := [kind for kind in Kind if kind in kinds & family]) > 1:
            yield _("%(kinds)s are different scales: their scores cannot be put together.") % {
                "kinds": ", ".join(str(kind.label) for kind in both)
            }
    if any(q.kind in WITH_OPTIONS and len(options_of(q)) < FEWEST_OPTIONS for q in questions):
        yield _("A question has fewer than two options to choose from.")


def seconds_for(question: Question) -> int:
    if question.kind == Kind.MATRIX:
        return SECONDS_A_ROW * len(rows_of(question))
    return SECONDS.get(question.kind, SECONDS_OF_OTHERS)


def cautions_about_languages(survey: Survey, questions: Sequence[Question]) -> Iterator[str | Promise]:
    """A language a question lacks is not offered; in one that lacks less, customers read a mixture."""
    missing = {
        code
        for question in questions
        for texts in (question.text, *(each["text"] for each in (*options_of(question), *rows_of(question))))
        for code in missing_languages(texts)
    } - {survey.language}
    if missing:
        yield format_lazy(
            "{sentence} {names}",
            sentence=ngettext_lazy(
                "Customers who read this language are asked in the main one, a question is not translated:",
                "Customers who read these languages are asked in the main one, a question is not translated:",
                len(missing),
            ),
            names=names_of(missing),
        )
    lacking = {code for texts in beside(survey, questions) for code in missing_languages(texts)}
    if lacking := lacking - missing - {survey.language}:
        yield format_lazy(
            "{sentence} {names}",
            sentence=_("Beside the questions, some texts are shown in the main language to who reads:"),
            names=names_of(lacking),
        )


def beside(survey: Survey, questions: Sequence[Question]) -> Iterator[Texts]:
    """Every text of a survey but for what decides which languages are offered."""
    yield from (survey.title, survey.intro, survey.thanks, *survey.thanks_by_band.values())
    for question in questions:
        settings = question.settings
        yield from (question.help, settings.get("low", {}), settings.get("high", {}))
        yield from settings.get("bands", {}).values()


def names_of(languages: set[str]) -> str:
    return ", ".join(own_name(code) for code in sorted(languages))
