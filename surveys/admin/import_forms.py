"""Choosing a file of answers, and saying which column is what."""

from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from customers.admin.import_forms import FileForm
from events.boundary import validate_text
from surveys.models import ResponseImport, Survey
from surveys.questions.questionnaires import Questionnaire
from surveys.questions.settings import options_of, rows_of
from surveys.questions.wording import Voice, question_text
from surveys.switching.columns import FACTS, Place, guess_mapping, places_in
from surveys.switching.looking import guess_order
from surveys.switching.tools import TOOLS

LONGEST_LABEL = 80
ZONES = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


class AnswersForm(FileForm):
    """The file, and the survey whose questions it answers."""

    source = None  # type: ignore[assignment]  # asked beside the columns
    survey: Any = forms.ModelChoiceField(
        Survey.objects.exclude(version=None),
        label=gettext_lazy("Answers to"),
        empty_label=gettext_lazy("Choose a survey"),
    )
    field_order = ("survey", "file")


class ColumnsForm(forms.Form):
    """One choice a column, and how its dates are written."""

    days_first = forms.TypedChoiceField(
        label=gettext_lazy("A date such as 01/02/2026 is"),
        choices=[
            ("no", gettext_lazy("2 January (month first)")),
            ("yes", gettext_lazy("1 February (day first)")),
        ],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the dates"), choices=[(zone, zone) for zone in ZONES]
    )
    source = forms.CharField(
        label=gettext_lazy("Name of the source"),
        max_length=30,
        validators=[validate_text],
        widget=forms.TextInput(attrs={"class": "cx-input", "dir": "auto", "list": "sw-sources"}),
    )

    def __init__(
        self,
        upload: ResponseImport,
        questionnaire: Questionnaire,
        lines: Sequence[Sequence[str]],
        data: Any = None,
    ) -> None:
        self.upload = upload
        guessed = guess_mapping(upload.header, upload.labels, tool=upload.tool, questionnaire=questionnaire)
        days_first = guess_order(lines, guessed, upload.days_first)
        initial = {
            "days_first": "yes" if days_first else "no",
            "time_zone": upload.time_zone,
            "source": upload.source,
        }
        super().__init__(data, initial=initial)
        choices = choices_for(questionnaire)
        for column in range(len(upload.header)):
            self.fields[f"column_{column}"] = forms.ChoiceField(
                label=self.name_of(column),
                required=False,
                initial=guessed.get(str(column), ""),
                choices=choices,
            )

    def name_of(self, column: int) -> str:
        return self.upload.header[column] or _("Column %(number)d") % {"number": column + 1}

    def columns(self, cells: Sequence[Sequence[str]]) -> Iterator[dict[str, Any]]:
        """Those that have a name or hold something, each with its first cells."""
        labels = self.upload.labels or [""] * len(self.upload.header)
        for column, name in enumerate(self.upload.header):
            if name or cells[column]:
                yield {
                    "name": self.name_of(column),
                    "label": labels[column],
                    "cells": cells[column],
                    "field": self[f"column_{column}"],
                }

    @property
    def mapping(self) -> dict[str, str]:
        chosen = {
            str(column): self.cleaned_data.get(f"column_{column}")
            for column in range(len(self.upload.header))
        }
        return {column: target for column, target in chosen.items() if target}

    @property
    def chosen(self) -> dict[str, Any]:
        """What an import is started with."""
        names = ("days_first", "time_zone", "source")
        return {"mapping": self.mapping} | {name: self.cleaned_data[name] for name in names}


def choices_for(questionnaire: Questionnaire) -> list[tuple[Any, Any]]:
    """Facts about the answer, and the questions of the survey; of a matrix its rows, of a ranking its options."""
    voice = Voice(get_language() or "", questionnaire.survey.language)
    questions = [(place.target, words_for(place, voice)) for place in places_in(questionnaire).values()]
    return [
        ("", gettext_lazy("Do not import")),
        (gettext_lazy("About the answer"), list(FACTS.items())),
        (gettext_lazy("Answers to the question"), questions),
    ]


def words_for(place: Place, voice: Voice) -> str:
    question = place.question
    text = question_text(question, voice) or question.key
    text = text if len(text) <= LONGEST_LABEL else f"{text[:LONGEST_LABEL]}…"
    words = f"{question.get_kind_display()} · {text}"
    if not place.part:
        return words
    parts = {each["key"]: each["text"] for each in (*rows_of(question), *options_of(question))}
    return f"{words} – {voice.say(parts[place.part]) or place.part}"


def known_sources(upload: ResponseImport) -> list[str]:
    """The names under which answers to this survey came before, and those of the tools we know."""
    before = ResponseImport.objects.filter(survey=upload.survey).exclude(taken_count=0).order_by("source")
    return list(dict.fromkeys([*before.values_list("source", flat=True), *(t.name for t in TOOLS.values())]))
