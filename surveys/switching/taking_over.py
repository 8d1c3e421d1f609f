"""Making a draft of what another tool asked."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from staff.audit import audit
from staff.models import AuditEntry, User
from surveys.models import Survey, SurveyOrigin
from surveys.questions.conditions import ConditionRefused, check_condition
from surveys.questions.settings import SettingsRefused
from surveys.switching.lss import read_lss
from surveys.switching.qsf import read_qsf
from surveys.switching.taken import NotReadable, TakenOver
from surveys.writing.drafting import add_question
from surveys.writing.starters import free_name

READERS = {"qsf": read_qsf, "lss": read_lss}
LARGEST = 5 * 1024 * 1024  # bytes


def read_definition(contents: bytes, *, name: str) -> TakenOver:
    """What a survey file of another tool asks. Raises NotReadable."""
    reader = READERS.get(name.rpartition(".")[2].lower())
    if reader is None:
        raise NotReadable(_("Upload a .qsf file of Qualtrics or a .lss file of LimeSurvey."))
    if len(contents) > LARGEST:
        raise NotReadable(_("The file is larger than 5 MB: this is no survey's structure alone."))
    taken = reader(contents)
    if not taken.questions:
        raise NotReadable(_("There is no question in this file that could be taken over."))
    return taken


@transaction.atomic
def take_over(*, taken: TakenOver, file_name: str, by: User, at: datetime) -> Survey:
    """A new draft with the questions of `taken`, and beside it the report of what has no place here."""
    survey = Survey.objects.create(name=free_name(taken.name), language=taken.language, title=taken.title)
    added = 0
    for question in taken.questions:
        try:
            check_condition(question.show_if)
            add_question(
                survey=survey,
                kind=question.kind,
                key=question.key,
                text=question.text,
                is_required=question.is_required,
                settings=question.settings,
                show_if=question.show_if,
                starts_page=question.starts_page,
            )
            added += 1
        except (SettingsRefused, ConditionRefused) as refusal:
            taken.leave_out(question.key, str(refusal.sentence))
    SurveyOrigin.objects.create(
        survey=survey,
        file_name=file_name[-255:],
        questions_taken=added,
        left_out=taken.report,
        taken_by=by,
        taken_at=at,
    )
    audit(user=by, action=AuditEntry.Action.CREATED, subject=survey, at=at, taken_over=added)
    return survey
