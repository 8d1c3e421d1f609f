"""Files customers give with an answer: looked into, stored outside of what the web server hands out.

A file is stored when the page is sent; one whose answer never came is thrown away by a sweep.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from secrets import token_hex
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.http import HttpRequest

from staff.given_files import MEGABYTE, clean_stem, kind_of
from surveys.models import Question, Upload
from surveys.questions.checking import Given

SIGNER = Signer(salt="surveys.upload")
USUAL_MEGABYTES = 5
KEPT_WITHOUT_ANSWER = timedelta(days=2)


def files_in(request: HttpRequest, questions: Iterable[Question], *, at: datetime) -> dict[int, Any]:
    """The files on a page as answers: newly sent, or kept from the time before. A bad one is refused by the check."""
    answers: dict[int, Any] = {}
    for question in questions:
        if question.kind != Question.Kind.FILE:
            continue
        name = f"q{question.pk}"
        if file := request.FILES.get(name):
            answers[question.pk] = take_file(question, file, name=file.name or "", size=file.size or 0, at=at)
        elif kept := request.POST.get(f"{name}-kept"):
            answers[question.pk] = kept_file(kept)
    return answers


def take_file(question: Question, file: IO[bytes], *, name: str, size: int, at: datetime) -> Any:
    """Store a file; its description is the answer. What cannot be taken stays a text, which the check refuses."""
    if size > question.settings.get("megabytes", USUAL_MEGABYTES) * MEGABYTE:
        return "too large"
    contents = file.read()
    kind = kind_of(contents)
    if kind is None:
        return "not readable"
    type_, suffix = kind
    upload = Upload(
        question_id=question.pk,
        name=f"{clean_stem(name)}.{suffix}",
        type=type_,
        size=len(contents),
        uploaded_at=at,
    )
    upload.file.save(f"{token_hex(16)}.{suffix}", ContentFile(contents), save=False)
    upload.save()
    return description_of(upload)


def description_of(upload: Upload) -> dict[str, Any]:
    return {"upload": upload.pk, "name": upload.name, "size": upload.size}


def ticket_of(answer: dict[str, Any]) -> str:
    """What a form carries along for a file that is stored already; nobody can make one up."""
    return SIGNER.sign(str(answer["upload"]))


def kept_file(ticket: str) -> Any:
    try:
        upload = Upload.objects.filter(pk=int(SIGNER.unsign(ticket)), survey_response=None).first()
    except BadSignature:
        return "not ours"
    return description_of(upload) if upload else "gone"


def waiting_file(answer: Given) -> QuerySet[Upload]:
    """The file that an answer names, unless it was thrown away or belongs to another answer."""
    return Upload.objects.filter(pk=answer.value["upload"], question=answer.question.pk, survey_response=None)


def throw_away_unanswered(*, at: datetime) -> int:
    """Files whose answer was never sent. Returns how many went."""
    return throw_away(Upload.objects.filter(survey_response=None, uploaded_at__lt=at - KEPT_WITHOUT_ANSWER))


def throw_away(uploads: QuerySet[Upload]) -> int:
    """The bytes and what we know of them. Returns how many went."""
    gone = 0
    for upload in uploads.iterator():
        upload.file.delete(save=False)
        upload.delete()
        gone += 1
    return gone
