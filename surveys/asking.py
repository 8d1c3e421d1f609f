"""What a survey asks, kept by each process until the survey is changed: every visit needs it."""

from datetime import datetime

from surveys.models import Question, Survey

_known: dict[int, tuple[datetime, list[Question]]] = {}  # by survey, as of its last change


def know_questions(survey: Survey) -> None:
    """Give `survey` its questions, as prefetching would, mostly without a query. They are shared: do not change them."""
    questions = survey.questions.all()
    changed_at, known = _known.get(survey.pk, (None, []))
    if changed_at != survey.changed_at:
        known = list(questions)
        _known[survey.pk] = survey.changed_at, known
    questions._result_cache = known
    survey._prefetched_objects_cache = {"questions": questions}  # type: ignore[attr-defined]  # as prefetching does
