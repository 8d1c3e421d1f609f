"""What is different between two versions of a survey, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from surveys.questions.questionnaires import Questionnaire, contents_of
from surveys.questions.wording import Voice, question_text

Contents = Mapping[str, Any]
LONGEST = 80  # characters of a question
AROUND = ("title", "intro", "thanks", "thanks_by_band", "review_url")


def changes_between(before: Questionnaire, after: Questionnaire, language: str) -> Iterator[str]:
    """A sentence for each thing that `after` does otherwise than `before`."""
    old, new = contents_of(before), contents_of(after)
    was, now = by_id(old), by_id(new)
    texts = {
        question.pk: worded(question_text(question, Voice(language, asked.survey.language)))
        for asked in (before, after)
        for question in asked.questions
    }
    for pk in now:
        if pk not in was:
            yield _("Added: %(question)s") % {"question": texts[pk]}
        elif without_place(was[pk]) != without_place(now[pk]):
            yield _("Changed: %(question)s") % {"question": texts[pk]}
    for pk in was:
        if pk not in now:
            yield _("Removed: %(question)s") % {"question": texts[pk]}
    if [pk for pk in was if pk in now] != [pk for pk in now if pk in was]:
        yield _("The order of the questions")
    if any(old[name] != new[name] for name in AROUND):
        yield _("The texts before or after the questions")
    if old["language"] != new["language"]:
        yield _("The main language")


def by_id(contents: Contents) -> dict[int, Contents]:
    return {each["id"]: each for each in contents["questions"]}


def without_place(question: Contents) -> dict[str, Any]:
    return {name: value for name, value in question.items() if name != "position"}


def worded(text: str) -> str:
    short = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return f"“{short}”"
