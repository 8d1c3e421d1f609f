"""All answers of a survey as a table: one line a response, one column a question, in the reader's language."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Prefetch
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from staff.admin.downloads import Cell
from surveys.models import Answer, CommentTopic, Question
from surveys.questions.answer_words import words_of
from surveys.questions.wording import Voice
from surveys.results.choosing import Chosen

AT_ONCE = 500  # responses held in memory
FACTS = (
    "response", "submitted_at", "complete", "seconds", "score", "customer_id", "customer", "campaign", "way",
    "touchpoint", "channel", "language", "version", "source", "topics",
)  # fmt: skip


def table_of(chosen: Chosen, voice: Voice) -> Iterator[list[Cell]]:
    """The head, then each response, newest first."""
    questions = list(chosen.survey.questions.exclude(kind=Question.Kind.STATEMENT))
    yield [*FACTS, *(question.key for question in questions)]
    for response, answers in lines_of(chosen):
        yield [
            *facts_of(response),
            *(
                cell_of(answers[question.pk], voice) if question.pk in answers else ""
                for question in questions
            ),
        ]


def lines_of(chosen: Chosen) -> Iterator[tuple[Any, dict[int, Answer]]]:
    responses = (
        chosen.responses()
        .select_related("campaign", "customer", "touchpoint", "link", "version")
        .prefetch_related(
            Prefetch("answers", Answer.objects.select_related("question")),
            Prefetch("topics", CommentTopic.objects.select_related("topic")),
        )
        .order_by("-submitted_at", "-pk")
    )
    for response in responses.iterator(chunk_size=AT_ONCE):
        yield response, {answer.question_id: answer for answer in response.answers.all()}


def facts_of(response: Any) -> Sequence[Cell]:
    return [
        response.pk,
        localtime(response.submitted_at).isoformat(timespec="seconds"),
        _("Yes") if response.is_complete else _("No"),
        "" if response.seconds is None else response.seconds,
        "" if response.score is None else response.score,
        response.customer_id or "",
        str(response.customer or ""),
        str(response.campaign or ""),
        str(response.link or ""),
        str(response.touchpoint or ""),
        response.channel,
        response.language,
        response.version.number if response.version else "",
        response.source,
        ", ".join(topics_of(response)),
    ]


def topics_of(response: Any) -> list[str]:
    return sorted({tag.topic.name for tag in response.topics.all()})


def cell_of(answer: Answer, voice: Voice) -> Cell:
    return words_of(answer, voice) if answer.score is None else answer.score


def json_lines(chosen: Chosen) -> Iterator[str]:
    """The same as a JSON array, answers as they are kept: score, value and text by the question's short name."""
    yield "["
    separator = ""
    for response, answers in lines_of(chosen):
        told = {
            **dict(zip(FACTS, facts_of(response), strict=True)),
            "complete": response.is_complete,
            "topics": topics_of(response),
            "context": response.context,
            "answers": {
                answer.question.key: {"score": answer.score, "value": answer.value, "text": answer.text}
                for answer in answers.values()
            },
        }
        yield separator + json.dumps(told, ensure_ascii=False)
        separator = ",\n"
    yield "]\n"
