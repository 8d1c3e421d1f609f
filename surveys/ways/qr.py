"""QR codes of addresses, for print: readable although a quarter of the code is worn or covered."""

from io import BytesIO

import segno

CORRECTION = "q"  # a quarter may be missing
QUIET_ZONE = 4  # modules of white around it: scanners need them, so the code stays dark on white in any theme
PRINTED = 1200  # pixels of the PNG's side at least: 10 cm at 300 dots per inch


def qr_svg(address: str) -> str:
    """The code as SVG without a size of its own: it fills whatever it is put into."""
    file = BytesIO()
    code_of(address).save(
        file,
        kind="svg",
        border=QUIET_ZONE,
        omitsize=True,
        xmldecl=False,
        dark="#000",
        light="#fff",
        nl=False,
        svgclass=None,
        lineclass=None,
    )
    return file.getvalue().decode()


def qr_png(address: str, *, pixels: int = PRINTED) -> bytes:
    """The code as PNG, at least `pixels` wide: every module is the same whole number of pixels."""
    code = code_of(address)
    modules, _high = code.symbol_size(border=QUIET_ZONE)
    file = BytesIO()
    code.save(file, kind="png", border=QUIET_ZONE, scale=-(-pixels // modules), dpi=300)
    return file.getvalue()


def code_of(address: str) -> segno.QRCode:
    return segno.make_qr(address, error=CORRECTION)
