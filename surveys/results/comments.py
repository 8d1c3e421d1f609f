"""What customers wrote, newest first, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from surveys.models import Answer, SurveyResponse
from surveys.results.choosing import Chosen, in_band
from surveys.results.topics import topics_of

A_PAGE = 20
MOST_WORDS = 8  # looked for at once


@dataclass(frozen=True)
class Comment:
    response: SurveyResponse
    texts: list[str]
    topics: list[tuple[int, str]]  # number and name


@dataclass(frozen=True, kw_only=True)
class CommentsPage:
    rows: list[Comment]
    before: int | None = None  # the response after which the next page begins


def comments_of(chosen: Chosen, *, band: str = "", words: str = "", before: int = 0) -> CommentsPage:
    """Those by people whose score lies in `band`, in which all `words` occur; older than the response `before`."""
    responses = chosen.responses().filter(has_comment=True)
    if band:
        responses = responses.filter(in_band(band))
    for word in words.split()[:MOST_WORDS]:
        responses = responses.filter(says(word))
    newest = older_than(responses, before).select_related("customer").order_by("-submitted_at", "-pk")
    rows = list(newest[: A_PAGE + 1])
    shown = rows[:A_PAGE]
    texts: dict[int, list[str]] = {row.pk: [] for row in shown}
    for pk, text in texts_of(shown):
        texts[pk].append(text)
    topics = topics_of([row.pk for row in shown])
    return CommentsPage(
        rows=[Comment(row, texts[row.pk], topics[row.pk]) for row in shown],
        before=shown[-1].pk if len(rows) > A_PAGE else None,
    )


def says(word: str) -> Exists:
    """Responses with a text in which `word` occurs. SQLite takes only Latin letters for the same in both cases."""
    written = {word, word.lower(), word.upper(), word.capitalize()}
    condition = Q(text__icontains=word)
    for each in written:
        condition |= Q(text__contains=each)
    return Exists(Answer.objects.filter(condition, survey_response=OuterRef("pk")))


def older_than(responses: QuerySet[SurveyResponse], before: int) -> QuerySet[SurveyResponse]:
    last = SurveyResponse.objects.filter(pk=before).values_list("submitted_at", flat=True).first()
    if last is None:
        return responses
    return responses.filter(submitted_at__lte=last).exclude(submitted_at=last, pk__gte=before)


def texts_of(responses: list[SurveyResponse]) -> Iterator[tuple[int, str]]:
    answers = Answer.objects.filter(survey_response__in=responses).exclude(text="")
    return answers.order_by("question__position").values_list("survey_response", "text").iterator()
