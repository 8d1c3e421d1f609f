"""What a customer sends along: a photo of a router whose light is red, and the invoice for it."""

from io import BytesIO

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 480, 320
INVOICE = (
    "Meridian Mobile",
    "Invoice 2026-04417",
    "",
    "Router Home X2          89.00",
    "Delivery                 0.00",
    "Total                   89.00",
)


def photo_of_router() -> bytes:
    picture = Image.new("RGB", (WIDTH, HEIGHT), "#c9b79c")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 230, WIDTH, HEIGHT), fill="#8a6f4d")
    for x in (140, 330):
        pen.rectangle((x, 60, x + 12, 160), fill="#22262b")
    pen.rounded_rectangle((90, 150, 390, 240), radius=16, fill="#2f353c")
    for number, colour in enumerate(("#4c545d", "#e5342a", "#4c545d", "#4c545d")):
        pen.ellipse((130 + 60 * number, 190, 146 + 60 * number, 206), fill=colour)
    pen.line((250, 150, 275, 185, 262, 205, 300, 240), fill="#0d0f11", width=3)
    return written(picture, "JPEG")


def invoice() -> bytes:
    page = Image.new("L", (595, 842), "white")
    pen = ImageDraw.Draw(page)
    for number, line in enumerate(INVOICE):
        pen.text((60, 60 + 24 * number), line, fill="black")
    return written(page, "PDF")


def written(picture: Image.Image, kind: str) -> bytes:
    file = BytesIO()
    picture.save(file, kind)
    return file.getvalue()
