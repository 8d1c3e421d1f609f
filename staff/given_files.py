"""Files that people outside give us: what they are, and how staff get them.

What a file is, its bytes say, not its name. Nothing in it is run, drawn or decoded here.
"""

from io import BytesIO
from pathlib import PurePath

from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from PIL import Image

MEGABYTE = 1024 * 1024
MOST_PIXELS = 50_000_000
PICTURES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
PDF = ("application/pdf", "pdf")
LONGEST_NAME = 120
BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)
HEADERS = {  # whatever is in it, a browser keeps it as a file and runs nothing
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "private, no-store",
}


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


def file_to_keep(stored: FieldFile, *, name: str, content_type: str) -> FileResponse:
    """The file for a member of staff to keep; whoever calls this has looked whether they may. Raises Http404."""
    try:
        file = stored.open()
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(file, as_attachment=True, filename=name, content_type=content_type, headers=HEADERS)
