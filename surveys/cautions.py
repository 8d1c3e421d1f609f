"""What a survey's author should know before customers see it."""

from collections.abc import Iterator

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from surveys.models import Question, Survey
from surveys.responses import first_score_question
from surveys.wording import missing_languages, own_name


def cautions_about(survey: Survey) -> Iterator[str | Promise]:
    """What is unwise or unfinished in `survey`; nothing of it is forbidden."""
    questions = list(survey.questions.all())
    if first_score_question(questions) is None:
        yield _("It asks for no score yet: add an NPS, CSAT or CES question.")
    if survey.kind == Survey.Kind.TRANSACTIONAL and any(q.kind == Question.Kind.NPS for q in questions):
        yield _(
            "NPS asks about the whole relationship. After a single event, CSAT or CES says more about that event."
        )
    if not survey.is_open:
        yield _("It takes no answers at the moment: links that were sent say that the survey is closed.")
    missing = {code for question in questions for code in missing_languages(question.text)}
    if missing := missing - {survey.language}:
        names = ", ".join(own_name(code) for code in sorted(missing))
        yield format_lazy(
            "{sentence} {names}",
            sentence=ngettext_lazy(
                "Customers who read this language are asked in the main one, a question is not translated:",
                "Customers who read these languages are asked in the main one, a question is not translated:",
                len(missing),
            ),
            names=names,
        )
