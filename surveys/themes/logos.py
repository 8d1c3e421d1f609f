"""Logos as we keep them: decoded and drawn anew, so that nothing hidden in a file comes along."""

from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from customers.pictures import BROKEN, MOST_PIXELS

FORMATS = ("PNG", "JPEG")
LARGEST = 100 * 1024  # bytes taken
HEAVIEST = 12 * 1024  # bytes kept: a page is to stay below 50 KB
WIDEST, HIGHEST = 480, 160  # pixels: twice what a page shows
QUALITIES = (90, 75, 60, 45)


class UnreadableLogo(ValueError):
    """A file that cannot become a logo; its words say why and what to do."""


@dataclass(frozen=True)
class Logo:
    content: bytes
    media_type: str


def small_logo(file: IO[bytes], *, size: int) -> Logo:
    """The picture in `file`, which is `size` bytes long, no larger than a page shows it, and light enough for one.

    Raises UnreadableLogo.
    """
    if size > LARGEST:
        raise UnreadableLogo(_("The logo is larger than 100 KB. Save it smaller, then try again."))
    try:
        with Image.open(file, formats=FORMATS) as picture:
            is_too_large = picture.width * picture.height > MOST_PIXELS
            logo = None if is_too_large else redrawn(picture)
    except BROKEN as error:
        raise UnreadableLogo(
            _("This is no logo we can show. Use a PNG or JPEG file; SVG is not taken.")
        ) from error
    if logo is None:
        raise UnreadableLogo(_("The logo has too much in it. Save it smaller, then try again."))
    return logo


def redrawn(picture: Image.Image) -> Logo | None:
    """As it came if that is light, else as WebP: as good as it may be, at last half as large. None if still heavy."""
    upright = ImageOps.exif_transpose(picture).convert("RGBA" if picture.format == "PNG" else "RGB")
    upright.thumbnail((WIDEST, HIGHEST))
    clean = Image.new(upright.mode, upright.size)
    clean.paste(upright)  # the picture alone: no text, no place, no profile
    smaller = clean.resize((max(1, clean.width // 2), max(1, clean.height // 2)))
    first = ("PNG", {"optimize": True}) if picture.format == "PNG" else ("JPEG", {"quality": QUALITIES[0]})
    ways: list[tuple[Image.Image, str, dict[str, Any]]] = [
        (clean, *first),
        *((each, "WEBP", {"quality": quality}) for each in (clean, smaller) for quality in QUALITIES),
    ]
    written = (Logo(bytes_of(each, form, options), f"image/{form.lower()}") for each, form, options in ways)
    return next((logo for logo in written if len(logo.content) <= HEAVIEST), None)


def bytes_of(picture: Image.Image, form: str, options: dict[str, Any]) -> bytes:
    file = BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()
