"""QR codes (ISO/IEC 18004), as a picture in a page or on paper.

Black on white whatever the page's colours, since cameras read nothing else well, with the quiet
border of four modules that the standard asks for.
"""

from html import escape
from io import BytesIO
from typing import Final

import segno

QUIET_MODULES: Final = 4
CORRECTION: Final = "m"
"""Level M: 15 % of it may be soiled."""
_WHITE: Final = "#fff"


def qr_svg(text: str, alternative: str) -> str:
    """Return a QR code as an SVG element for a page; `alternative`: what it is, for who hears it.

    Safe as markup: of `text` nothing is written but black squares.
    """
    drawn = _code(text).svg_inline(border=QUIET_MODULES, light=_WHITE, omitsize=True, svgclass="qr")
    return drawn.replace("<svg ", f'<svg role="img" aria-label="{escape(alternative)}" ', 1)


def qr_file(text: str) -> str:
    """Return the same as an SVG file, for paper."""
    file = BytesIO()
    _code(text).save(file, kind="svg", border=QUIET_MODULES, light=_WHITE, xmldecl=False)
    return file.getvalue().decode()


def _code(text: str) -> segno.QRCode:
    return segno.make(text, error=CORRECTION, micro=False)
