"""Pictures of people who do not exist, drawn from a few shapes."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw

SIDE, SCALE = 400, 3  # drawn larger and made small, so that edges are smooth


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Colours and a haircut: “short”, “long”, “bun” or “scarf”."""

    background: str
    skin: str
    hair: str
    clothes: str
    cut: str
    has_glasses: bool = False


def draw_face(face: Face) -> bytes:
    """A portrait as PNG."""
    picture = Image.new("RGB", (SIDE * SCALE, SIDE * SCALE), face.background)
    pen = ImageDraw.Draw(picture)
    draw_behind(pen, face)
    oval(pen, 200, 430, 150, 130, face.clothes)
    pen.rounded_rectangle(scaled(172, 240, 228, 320), 25 * SCALE, fill=face.skin)
    oval(pen, 200, 190, 78, 95, face.skin)
    draw_hair(pen, face)
    draw_features(pen, face)
    written = BytesIO()
    picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS).save(written, "PNG")
    return written.getvalue()


def draw_behind(pen: ImageDraw.ImageDraw, face: Face) -> None:
    match face.cut:
        case "long":
            pen.rounded_rectangle(scaled(102, 110, 298, 335), 80 * SCALE, fill=face.hair)
        case "bun":
            oval(pen, 200, 72, 42, 38, face.hair)
        case "scarf":
            oval(pen, 200, 205, 112, 135, face.hair)
            pen.rounded_rectangle(scaled(130, 250, 270, 345), 40 * SCALE, fill=face.hair)


def draw_hair(pen: ImageDraw.ImageDraw, face: Face) -> None:
    """Over the forehead."""
    top = 92 if face.cut == "short" else 84
    pen.pieslice(scaled(116, top, 284, 250), 180, 360, fill=face.hair)
    pen.pieslice(scaled(124, 138, 276, 206), 180, 360, fill=face.skin)


def draw_features(pen: ImageDraw.ImageDraw, face: Face) -> None:
    ink = "#3a2f2b"
    for x in (170, 230):
        oval(pen, x, 192, 7, 8, ink)
        pen.arc(scaled(x - 17, 162, x + 17, 186), 205, 335, fill=ink, width=4 * SCALE)
        if face.has_glasses:
            pen.ellipse(scaled(x - 24, 169, x + 24, 217), outline=ink, width=4 * SCALE)
    if face.has_glasses:
        pen.line(scaled(194, 190, 206, 190), fill=ink, width=4 * SCALE)
    pen.arc(scaled(168, 205, 232, 252), 25, 155, fill=ink, width=5 * SCALE)


def oval(pen: ImageDraw.ImageDraw, x: int, y: int, width: int, height: int, colour: str) -> None:
    """Around the middle (x, y), with half its width and height."""
    pen.ellipse(scaled(x - width, y - height, x + width, y + height), fill=colour)


def scaled(*places: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = (place * SCALE for place in places)
    return left, top, right, bottom
