"""Writing a survey: its questions before they are published."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils.text import slugify

from surveys.models import Question, Survey
from surveys.questions.settings import check_settings

LONGEST_KEY = 30


class KindIsFixed(Exception):
    """Customers were asked this question: it cannot become one of another kind."""


@transaction.atomic
def add_question(*, survey: Survey, kind: str, after: Question | None = None, **contents: Any) -> Question:
    """A new question at the end, or after another. Raises SettingsRefused."""
    questions = survey.questions.select_for_update()
    position = 1 + (after.position if after else questions.aggregate(last=Max("position"))["last"] or 0)
    questions.filter(position__gte=position).update(position=F("position") + 1)
    contents["settings"] = check_settings(kind, contents.get("settings", {}))
    question = Question.objects.create(
        survey=survey,
        kind=kind,
        position=position,
        key=free_key(survey, contents.pop("key", "") or kind),
        **contents,
    )
    touch(survey)
    return question


@transaction.atomic
def duplicate_question(*, question: Question) -> Question:
    """The same question once more, right behind it, under a short name of its own."""
    names = ("text", "help", "is_required", "settings", "show_if", "ends_if")
    contents = {name: getattr(question, name) for name in names}
    return add_question(
        survey=question.survey, kind=question.kind, after=question, key=question.key, **contents
    )


@transaction.atomic
def change_question(*, question: Question, **contents: Any) -> None:
    """Change the draft of a question. Raises SettingsRefused or KindIsFixed."""
    kind = contents.get("kind", question.kind)
    if kind != question.kind and was_published(question):
        raise KindIsFixed
    contents["settings"] = check_settings(kind, contents.get("settings", question.settings))
    for name, value in contents.items():
        setattr(question, name, value)
    question.save(update_fields=[*contents])
    touch(question.survey)


@transaction.atomic
def place_question(*, question: Question, position: int) -> None:
    """Move a question to a place among those of its survey, counted from 0; too far is the end."""
    others = list(
        question.survey.questions.select_for_update()
        .present()
        .exclude(pk=question.pk)
        .order_by("position", "pk")
    )
    others.insert(max(0, position), question)
    for number, each in enumerate(others, start=1):
        each.position = number
    Question.objects.bulk_update(others, ["position"])
    touch(question.survey)


@transaction.atomic
def remove_question(*, question: Question, at: datetime) -> None:
    """Take a question out of the draft. One that customers were asked stays for the results."""
    if was_published(question):
        question.removed_at = at
        question.save(update_fields=["removed_at"])
    else:
        question.delete()
    touch(question.survey)


@transaction.atomic
def restore_question(*, question: Question) -> None:
    """Bring back what was taken out of the draft."""
    question.removed_at = None
    question.save(update_fields=["removed_at"])
    touch(question.survey)


@transaction.atomic
def change_texts(*, survey: Survey, **texts: Any) -> None:
    """Change the draft of the survey's own texts."""
    for name, value in texts.items():
        setattr(survey, name, value)
    survey.save(update_fields=[*texts, "changed_at"])


def was_published(question: Question) -> bool:
    """Whether any version asks it."""
    return any(
        question.pk in {each["id"] for each in contents["questions"]}
        for contents in question.survey.versions.values_list("contents", flat=True)
    )


def option_keys(question: Question) -> set[str]:
    """Short names its options and rows have or had: a new option must not inherit the answers of an old one."""
    versions = question.survey.versions.values_list("contents", flat=True)
    asked = (each for contents in versions for each in contents["questions"] if each["id"] == question.pk)
    every = (question.settings, *(each["settings"] for each in asked))
    return {
        option["key"]
        for settings in every
        for option in (*settings.get("options", []), *settings.get("rows", []))
    }


def free_key(survey: Survey, wanted: str) -> str:
    """A short name no other question of the survey has or had."""
    wanted = slugify(wanted)[: LONGEST_KEY - 4] or "question"
    taken = set(survey.questions.values_list("key", flat=True))
    number = 1
    while (key := wanted if number == 1 else f"{wanted}-{number}") in taken:
        number += 1
    return key


def touch(survey: Survey) -> None:
    survey.save(update_fields=["changed_at"])
