"""What was answered to each question: counted in the database, in as many queries for one question as for fifty."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from django.db.models import Count

from surveys.metrics import HEADLINES, SCALES, SHOWN_FROM, Estimate, Histogram, Interval, band_of
from surveys.metrics.shares import wilson_interval
from surveys.models import Question
from surveys.questions.settings import OTHER, options_of, rows_of
from surveys.results.choosing import Chosen

Kind = Question.Kind
QUARTERS = 4
NEWEST_TEXTS = 100  # of the whole survey
TEXTS_SHOWN = 5  # of a question
DATES_SHOWN = 24  # months

Values = list[tuple[Any, int]]  # each distinct value, and how many gave it


@dataclass(frozen=True)
class Bar:
    """One line of a distribution: how many of those who answered, and their share with its interval, in percent."""

    label: str
    people: int
    share: float
    interval: Interval | None = None
    tone: str = ""  # of a score: good, middle, bad


@dataclass(frozen=True)
class Spread:
    """Numbers: the median, the quartiles and the mean."""

    median: float
    low: float
    high: float
    mean: float


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came back to one question. Of fewer than SHOWN_FROM people only their number is told."""

    question: Question
    n: int
    versions: Sequence[int] = ()
    is_removed: bool = False
    estimate: Estimate | None = None
    bars: list[Bar] = field(default_factory=list)
    rows: list[tuple[str, int, list[Bar]]] = field(default_factory=list)
    ranks: list[tuple[str, float, Bar]] = field(default_factory=list)  # option, mean place, first places
    spread: Spread | None = None
    texts: list[str] = field(default_factory=list)

    @property
    def is_hidden(self) -> bool:
        return 0 < self.n < SHOWN_FROM

    @property
    def metric(self) -> Any:
        return HEADLINES.get(self.question.kind)


def results_of(chosen: Chosen) -> list[Result]:
    """Each question of the survey that was ever published, in the draft's order; those no longer asked come last."""
    questions = list(chosen.survey.questions.order_by("position", "pk"))
    asked_in = versions_of(chosen)
    scores, values, texts = scores_of(chosen), values_of(chosen), texts_of(chosen)
    newest = newest_texts(chosen)
    found = []
    for question in questions:
        if question.kind == Kind.STATEMENT or not asked_in.get(question.pk):
            continue
        told = Told(scores.get(question.pk, {}), values.get(question.pk, []), texts.get(question.pk, 0))
        found.append(result_of(question, told, asked_in[question.pk], newest.get(question.pk, [])))
    return sorted(found, key=lambda result: result.is_removed)


@dataclass(frozen=True)
class Told:
    """What the database counted for one question."""

    scores: Mapping[int, int]
    values: Values
    texts: int


def versions_of(chosen: Chosen) -> dict[int, list[int]]:
    """In which versions each question stands."""
    asked: dict[int, list[int]] = defaultdict(list)
    for number, contents in chosen.survey.versions.values_list("number", "contents").order_by("number"):
        for question in contents["questions"]:
            asked[question["id"]].append(number)
    return asked


def scores_of(chosen: Chosen) -> dict[int, dict[int, int]]:
    counted: dict[int, dict[int, int]] = defaultdict(dict)
    rows = chosen.answers().filter(score__isnull=False).values_list("question", "score")
    for question, score, people in rows.annotate(Count("pk")).order_by():
        counted[question][score] = people
    return counted


def values_of(chosen: Chosen) -> dict[int, Values]:
    """Distinct values with how many gave each: few, because a choice is always kept in the same form."""
    counted: dict[int, Values] = defaultdict(list)
    rows = chosen.answers().filter(value__isnull=False).values_list("question", "value")
    for question, value, people in rows.annotate(Count("pk")).order_by():
        counted[question].append((value, people))
    return counted


def texts_of(chosen: Chosen) -> dict[int, int]:
    texts = chosen.answers().filter(value__isnull=True).exclude(text="").values_list("question")
    return dict(texts.annotate(Count("pk")).order_by())


def newest_texts(chosen: Chosen) -> dict[int, list[str]]:
    """The newest things written, among the newest of the whole survey."""
    found: dict[int, list[str]] = defaultdict(list)
    responses = chosen.responses().filter(has_comment=True).order_by("-submitted_at", "-pk")
    newest = list(responses.values_list("pk", flat=True)[:NEWEST_TEXTS])
    answers = chosen.answers().filter(survey_response__in=newest).exclude(text="")
    written = answers.exclude(question__kind__in=[Kind.EMAIL, Kind.PHONE]).order_by("-pk")
    for question, text in written.values_list("question", "text"):
        if len(found[question]) < TEXTS_SHOWN:
            found[question].append(text)
    return found


def result_of(question: Question, told: Told, versions: Sequence[int], texts: list[str]) -> Result:
    known: dict[str, Any] = {
        "question": question,
        "versions": versions,
        "is_removed": question.removed_at is not None,
    }
    if question.kind in SCALES:
        histogram = Histogram(told.scores)
        n = histogram.total()
        bars = score_bars(question.kind, histogram) if n >= SHOWN_FROM else []
        estimate = HEADLINES[question.kind].estimate(histogram) if n >= SHOWN_FROM else None
        return Result(n=n, bars=bars, estimate=estimate, **known)
    n = sum(people for _value, people in told.values) or told.texts
    if n < SHOWN_FROM:
        return Result(n=n, **known)
    shape = SHAPES.get(question.kind)
    return Result(n=n, texts=texts, **(shape(question, told.values, n) if shape else {}), **known)


def bar(label: str, people: int, n: int, tone: str = "") -> Bar:
    return Bar(label, people, 100 * people / n, wilson_interval(people, n), tone)


def score_bars(kind: str, histogram: Histogram) -> list[Bar]:
    n = histogram.total()
    return [bar(str(score), histogram[score], n, band_of(kind, score)) for score in SCALES[kind]]


def option_bars(question: Question, values: Values, n: int) -> dict[str, Any]:
    """Of those who answered, how many chose each; of several choices the shares add up to more than all."""
    chosen: dict[str, int] = defaultdict(int)
    for keys, people in values:
        for key in keys:
            chosen[key] += people
    keys = [option["key"] for option in options_of(question)]
    keys += [key for key in chosen if key not in keys]  # those of earlier versions
    return {"bars": [bar(key, chosen[key], n) for key in keys if key != OTHER or chosen[key]]}


def yesno_bars(_question: Question, values: Values, n: int) -> dict[str, Any]:
    counted = {bool(value): people for value, people in values}
    return {"bars": [bar("yes", counted.get(True, 0), n), bar("no", counted.get(False, 0), n)]}


def matrix_rows(question: Question, values: Values, _n: int) -> dict[str, Any]:
    marks: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for value, people in values:
        for row, column in value.items():
            marks[row][column] += people
    columns = [option["key"] for option in options_of(question)]
    rows = []
    for row in (each["key"] for each in rows_of(question)):
        total = sum(marks[row].values())
        bars = [bar(column, marks[row][column], total) for column in columns] if total >= SHOWN_FROM else []
        rows.append((row, total, bars))
    return {"rows": rows}


def ranking_places(question: Question, values: Values, n: int) -> dict[str, Any]:
    """The mean place of each option, 1 being first, the best first; and how many put it there."""
    places: dict[str, int] = defaultdict(int)
    first: dict[str, int] = defaultdict(int)
    for keys, people in values:
        first[keys[0]] += people
        for place, key in enumerate(keys, start=1):
            places[key] += place * people
    keys = [option["key"] for option in options_of(question) if places[option["key"]]]
    ranks = [(key, places[key] / n, bar(key, first[key], n)) for key in keys]
    return {"ranks": sorted(ranks, key=lambda rank: rank[1])}


def number_spread(_question: Question, values: Values, n: int) -> dict[str, Any]:
    numbers = sorted((float(value), people) for value, people in values)
    every = [number for number, people in numbers for _ in range(people)]
    low, median, high = quantiles(every, n=QUARTERS, method="inclusive")
    return {"spread": Spread(median, low, high, sum(every) / n)}


def month_bars(_question: Question, values: Values, n: int) -> dict[str, Any]:
    months: dict[str, int] = defaultdict(int)
    for value, people in values:
        months[value[:7]] += people
    return {"bars": [bar(month, months[month], n) for month in sorted(months)[-DATES_SHOWN:]]}


SHAPES: Mapping[str, Callable[[Question, Values, int], dict[str, Any]]] = {
    Kind.CHOICE: option_bars,
    Kind.CHOICES: option_bars,
    Kind.YESNO: yesno_bars,
    Kind.MATRIX: matrix_rows,
    Kind.RANKING: ranking_places,
    Kind.NUMBER: number_spread,
    Kind.DATE: month_bars,
}
