"""A survey's draft as the builder shows it: its questions as cards, what it lacks, and one of them being edited."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.functional import Promise, cached_property

from customers.admin.rules import known_attributes
from journeys.models import Touchpoint
from surveys.admin.builder.forms import QuestionForm
from surveys.models import Question, Survey
from surveys.questions.condition_words import ConditionWords, subjects_offered
from surveys.questions.kinds import GUIDES, KindGuide
from surveys.questions.questionnaires import Questionnaire, draft_of
from surveys.questions.settings import is_asked
from surveys.questions.wording import Voice, languages_of, own_name, question_text, voice_of
from surveys.writing.cautions import cautions_about
from surveys.writing.drafting import option_keys
from surveys.writing.publishing import flaws_of, has_unpublished_changes

NUMBERED_KEY = re.compile(r"\w+-(\d{1,6})")


@dataclass
class Card:
    """One question as the list shows it."""

    question: Question
    number: int
    text: str
    guide: KindGuide
    is_asked: bool
    page: int  # the number of its page
    starts_page: bool  # whether a page begins with it, where there are several
    show_if: str = ""
    ends_if: str = ""
    flaws: list[str | Promise] = field(default_factory=list)


@dataclass
class Desk:
    """A survey's draft with all that the builder's page says of it."""

    survey: Survey

    @cached_property
    def draft(self) -> Questionnaire:
        return draft_of(self.survey)

    @cached_property
    def voice(self) -> Voice:
        return voice_of(self.draft, self.survey.language)

    @cached_property
    def words(self) -> ConditionWords:
        return ConditionWords(self.draft.questions, self.voice)

    @cached_property
    def flaws(self) -> list[Any]:
        return list(flaws_of(self.draft))

    @property
    def cards(self) -> list[Card]:
        pages = self.draft.pages
        page_of = {question.pk: number for number, page in enumerate(pages, start=1) for question in page}
        starts = {page[0].pk for page in pages if page and len(pages) > 1}
        return [
            Card(
                question,
                number,
                text=question_text(question, self.voice),
                guide=GUIDES[question.kind],
                is_asked=is_asked(question),
                page=page_of[question.pk],
                starts_page=question.pk in starts,
                show_if=self.words.say(question.show_if),
                ends_if=self.words.say(question.ends_if),
                flaws=[flaw.sentence for flaw in self.flaws if flaw.question is question],
            )
            for number, question in enumerate(self.draft.questions, start=1)
        ]

    @property
    def news(self) -> dict[str, Any]:
        """What the page's script must know after a change."""
        return {
            "order": [question.pk for question in self.draft.questions],
            "pages": len(self.draft.pages),
            "languages": [(code, own_name(code)) for code in languages_of(self.draft)],
        }

    @property
    def context(self) -> dict[str, Any]:
        numbers = {question.pk: number for number, question in enumerate(self.draft.questions, start=1)}
        return {
            "survey": self.survey,
            "cards": self.cards,
            "to_publish": has_unpublished_changes(self.survey, self.draft),
            "flaws": [
                {"sentence": flaw.sentence, "pk": flaw.question.pk, "number": numbers[flaw.question.pk]}
                if flaw.question
                else {"sentence": flaw.sentence}
                for flaw in self.flaws
            ],
            "cautions": list(cautions_about(self.survey, at=timezone.now())),
        }

    @property
    def ways(self) -> dict[str, Sequence[tuple[str, str]]]:
        """By which ways customers may come to this survey, besides channels."""
        names = self.survey.campaigns.order_by("name").values_list("name", flat=True)
        return {
            "campaign": [(name, name) for name in names],
            "touchpoint": list(Touchpoint.objects.values_list("slug", "name")),
        }

    def question(self, pk: int) -> Question:
        """One of the draft; raises Http404."""
        question = next((each for each in self.draft.questions if each.pk == pk), None)
        if question is None:
            raise Http404
        return question

    def editor(self, question: Question, form: QuestionForm) -> dict[str, Any]:
        questions = self.draft.questions
        before = questions[: questions.index(question)]
        offered = subjects_offered([*before, question], self.voice, known_attributes(), self.ways)
        own = [each for each in offered if each["about"] == "question" and each["name"] == question.key]
        numbers = (NUMBERED_KEY.fullmatch(key) for key in option_keys(question))
        return {
            "survey": self.survey,
            "question": question,
            "guide": GUIDES[form.kind_chosen],
            "form": form,
            "offer": {"subjects": [each for each in offered if each not in own], "own": own},
            "show_if": self.words.say(question.show_if),
            "ends_if": self.words.say(question.ends_if),
            "next_option": 1 + max((int(number[1]) for number in numbers if number), default=0),
            "direction": direction_of(self.survey),
        }


def desk_of(pk: int) -> Desk:
    survey = Survey.objects.select_related("version", "theme", "origin").filter(pk=pk).first()
    if survey is None:
        raise Http404
    return Desk(survey)


def direction_of(survey: Survey) -> str:
    return "rtl" if survey.language == "fa" else "ltr"
