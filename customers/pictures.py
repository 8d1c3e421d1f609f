"""Pictures as we keep them: small squares, decoded and drawn anew, so that nothing hidden in a file comes along."""

from io import BytesIO
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
LARGEST = 5 * 1024 * 1024  # bytes
MOST_PIXELS = 30_000_000
SIDE = 400  # pixels
QUALITY = 85
BROKEN = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


class UnreadablePicture(ValueError):
    """A file that cannot become a picture; its words say why and what to do."""


def small_picture(file: IO[bytes], *, size: int) -> bytes:
    """The middle of the picture in `file`, which is `size` bytes long, as a small WebP. Raises UnreadablePicture."""
    if size > LARGEST:
        raise UnreadablePicture(_("The picture is larger than 5 MB. Save it smaller, then try again."))
    try:
        with Image.open(file, formats=FORMATS) as picture:
            is_too_large = picture.width * picture.height > MOST_PIXELS
            small = b"" if is_too_large else encode(picture)
    except BROKEN as error:
        raise UnreadablePicture(_("This is no picture we can read. Use a JPEG, PNG or WebP file.")) from error
    if is_too_large:
        raise UnreadablePicture(
            _("The picture has more than 30 million pixels. Save it smaller, then try again.")
        )
    return small


def encode(picture: Image.Image) -> bytes:
    picture.thumbnail((4 * SIDE, 4 * SIDE))  # a JPEG is not even decoded any larger
    upright = ImageOps.exif_transpose(picture)
    square = ImageOps.fit(upright.convert("RGBA" if upright.has_transparency_data else "RGB"), (SIDE, SIDE))
    written = BytesIO()
    square.save(written, "WEBP", quality=QUALITY, exif=b"", xmp=b"", icc_profile=b"")
    return written.getvalue()
