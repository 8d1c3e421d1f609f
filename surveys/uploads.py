"""Files customers give with an answer: looked into, stored outside of what the web server hands out.

What a file is, its bytes say, not its name. It is stored when the page is sent; a file whose answer never came is
thrown away by a sweep.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import PurePath
from secrets import token_hex
from typing import IO, Any

from django.core.files.base import ContentFile
from django.core.signing import BadSignature, Signer
from django.db.models import QuerySet
from django.http import HttpRequest
from PIL import Image

from surveys.checking import Given
from surveys.models import Question, Upload

SIGNER = Signer(salt="surveys.upload")
MEGABYTE = 1024 * 1024
USUAL_MEGABYTES = 5
MOST_PIXELS = 50_000_000
PICTURES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
PDF = ("application/pdf", "pdf")
LONGEST_NAME = 120
KEPT_WITHOUT_ANSWER = timedelta(days=2)
BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


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


def kind_of(contents: bytes) -> tuple[str, str] | None:
    """The type and suffix of a picture or a PDF; None for anything else."""
    if contents.startswith(b"%PDF-"):
        return PDF
    try:
        with Image.open(BytesIO(contents), formats=tuple(PICTURES)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.verify()
            return PICTURES[str(picture.format)]
    except BROKEN:
        return None


def clean_stem(name: str) -> str:
    stem = PurePath(name.replace("\\", "/")).stem
    return "".join(sign for sign in stem if sign.isalnum() or sign in " -_")[:LONGEST_NAME].strip() or "file"


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
