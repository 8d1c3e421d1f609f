"""Publishing a survey: from then on customers are asked this version, and it never changes again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from staff.models import User
from surveys.models import Question, Survey, SurveyVersion
from surveys.questions.conditions import Condition, ConditionRefused, check_condition, questions_named
from surveys.questions.questionnaires import Questionnaire, contents_of, draft_of, published
from surveys.questions.settings import (
    WITH_OPTIONS,
    SettingsRefused,
    check_settings,
    is_asked,
    options_of,
    rows_of,
)
from surveys.questions.wording import QUESTIONS

FEWEST_OPTIONS = 2


@dataclass(frozen=True)
class Flaw:
    """Why a survey cannot be published: a sentence, and the question it is about (None: the survey)."""

    sentence: str | Promise
    question: Question | None = None


class NotPublishable(Exception):
    """The survey has `flaws`."""

    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__("; ".join(str(flaw.sentence) for flaw in flaws))
        self.flaws = flaws


@transaction.atomic
def publish_survey(*, survey: Survey, by: User | None, at: datetime) -> SurveyVersion:
    """Make the draft what customers see. The same draft twice is one version. Raises NotPublishable."""
    locked = Survey.objects.select_for_update(of=("self",)).get(pk=survey.pk)
    draft = draft_of(locked)
    if flaws := list(flaws_of(draft)):
        raise NotPublishable(flaws)
    version = locked.version
    if version is None or contents_of(published(version.pk)) != contents_of(draft):
        newest = locked.versions.aggregate(number=Max("number"))["number"] or 0
        version = SurveyVersion.objects.create(
            survey=locked, number=newest + 1, contents=contents_of(draft), published_at=at, published_by=by
        )
        locked.version = version
        locked.save(update_fields=["version", "changed_at"])
    survey.version = version
    return version


def has_unpublished_changes(survey: Survey, draft: Questionnaire | None = None) -> bool:
    """Whether customers see something else than the draft."""
    if survey.version_id is None:
        return True
    return contents_of(published(survey.version_id)) != contents_of(draft or draft_of(survey))


def flaws_of(draft: Questionnaire) -> Iterator[Flaw]:
    """Everything that makes it impossible to publish `draft`."""
    if not any(is_asked(question) for question in draft.questions):
        yield Flaw(_("It asks nothing yet: add a question."))
    earlier: set[str] = set()
    for question in draft.questions:
        for sentence in flaws_of_question(question, earlier):
            yield Flaw(sentence, question)
        earlier.add(question.key)


def flaws_of_question(question: Question, earlier: set[str]) -> Iterator[str | Promise]:
    if not any(question.text.values()) and question.kind not in QUESTIONS:
        yield _("It has no wording.")
    if question.kind == Question.Kind.FILE and not settings.TAKE_FILES:
        yield _("Files are not taken here. Take it out, or ask an administrator to set TAKE_FILES=1.")
    if question.kind in WITH_OPTIONS and len(options_of(question)) < FEWEST_OPTIONS:
        yield _("It needs at least two options.")
    if question.kind == Question.Kind.MATRIX and not rows_of(question):
        yield _("It needs at least one row.")
    if any(not any(option["text"].values()) for option in (*options_of(question), *rows_of(question))):
        yield _("An option has no wording.")
    try:
        check_settings(question.kind, question.settings)
    except SettingsRefused as refusal:
        yield refusal.sentence
    yield from flaws_of_condition(question.show_if, earlier)
    yield from flaws_of_condition(question.ends_if, earlier | {question.key})


def flaws_of_condition(condition: Condition, earlier: set[str]) -> Iterator[str | Promise]:
    """Conditions look back only: so none can go round in a circle."""
    try:
        check_condition(condition)
    except ConditionRefused as refusal:
        yield refusal.sentence
        return
    if later := sorted(questions_named(condition) - earlier):
        yield _("Its condition looks at a question that does not come before it: %(names)s.") % {
            "names": ", ".join(later)
        }
