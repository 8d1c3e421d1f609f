"""Results in the words and widths of their page."""

from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from surveys.questions.settings import OTHER, options_of, rows_of
from surveys.questions.wording import Voice, question_text
from surveys.results.funnel import Funnel
from surveys.results.questions import Bar, Result
from surveys.results.steps import Step

TONES = {"good": "good", "middle": "warn", "bad": "bad", "": "info"}


class ShownSteps:
    """The way from the first look to the last question, each step against the widest one."""

    def __init__(self, steps: list[Step], funnel: Funnel, voice: Voice) -> None:
        self.most = max((step.stopped for step in steps), default=0)
        widest = max(funnel.opened, *(step.passed for step in steps), 1) if steps else 1
        opened = [self.row(_("Opened"), funnel.opened, widest)] if funnel.opened else []
        self.rows = opened + [
            self.row(
                question_text(step.question, voice) or step.question.key if step.question else _("Started"),
                step.passed,
                widest,
                stopped=step.stopped,
                is_question=step.question is not None,
            )
            for step in steps
        ]
        if steps:
            self.rows.append(self.row(_("Finished"), funnel.complete, widest))

    def row(
        self, label: str, people: int, widest: int, *, stopped: int = 0, is_question: bool = False
    ) -> dict[str, Any]:
        return {
            "label": label,
            "people": people,
            "width": 100 * people / widest,
            "stopped": stopped,
            "is_worst": 0 < stopped == self.most,
            "is_question": is_question,
        }


class ShownResult:
    """A question's result in words."""

    def __init__(self, result: Result, voice: Voice) -> None:
        self.result = result
        question = result.question
        self.text = question_text(question, voice) or question.key
        words = {
            each["key"]: voice.say(each["text"]) or each["key"]
            for each in (*options_of(question), *rows_of(question))
        }
        self.words = words | {OTHER: _("Other"), "yes": _("Yes"), "no": _("No")}
        self.bars = [self.bar(bar) for bar in result.bars]
        self.rows = [
            (self.words.get(row, row), n, [self.bar(bar) for bar in bars]) for row, n, bars in result.rows
        ]
        self.ranks = [(self.words.get(key, key), mean, self.bar(bar)) for key, mean, bar in result.ranks]
        self.score = score_words(result)

    def bar(self, bar: Bar) -> dict[str, Any]:
        return {
            "label": self.words.get(bar.label, bar.label),
            "people": bar.people,
            "share": bar.share,
            "interval": bar.interval,
            "tone": TONES[bar.tone],
        }


def score_words(result: Result) -> str:
    """“NPS 30 (14 to 44)”."""
    estimate, metric = result.estimate, result.metric
    if estimate is None or metric is None:
        return ""
    value, *ends = (
        number_format(round(number)).replace("-", "−")
        for number in (estimate.value, *(estimate.interval or ()))
    )
    value = _("%(number)s%%") % {"number": value} if metric.unit == "percent" else value
    between = " ({})".format(_("%(low)s to %(high)s") % {"low": ends[0], "high": ends[1]}) if ends else ""
    return f"{_(metric.name)} {value}{between}"
