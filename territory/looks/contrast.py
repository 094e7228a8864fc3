"""Colours that everyone can read: WCAG's formula, the nearest colour that passes, and its shades.

Pure. An organisation gives one colour; pages draw headers, buttons and links with it, in light and
in dark. Text and page are fixed, so one condition suffices: the colour must stand out from the
page's own paper as text does (WCAG 2.2 SC 1.4.3); white text on it then does too.
"""

import colorsys
import re
from dataclasses import dataclass
from typing import Final

LEAST_CONTRAST: Final = 4.5
"""Of text, WCAG 2.2 SC 1.4.3 (AA)."""
PAPER: Final = "#f6f5f1"
"""The guests' page in light (guest.css)."""
NIGHT: Final = "#11191d"
"""The guests' page in dark (guest.css)."""
_COLOUR: Final = re.compile("#[0-9a-f]{6}")
_STEPS: Final = 400


@dataclass(frozen=True, slots=True)
class Shades:
    """What pages draw an organisation's colour with; each `#rrggbb`."""

    plain: str
    """Header, buttons, links, in light."""
    strong: str
    """A button under the pointer, in light."""
    far: str
    """What stands behind in the header; nothing is written on it."""
    night: str
    """Buttons and links, in dark."""
    night_strong: str
    """A button under the pointer, in dark."""


def parse_colour(text: str) -> str:
    """Return a colour as `#rrggbb`, lower case; `#rgb` is taken too.

    Raises:
        ValueError: what was expected.
    """
    found = text.strip().lower()
    if len(found) == 4:
        found = "#" + "".join(digit * 2 for digit in found[1:])
    if not _COLOUR.fullmatch(found):
        raise ValueError('a colour as #rrggbb in quotes, such as "#0a5a68"')
    return found


def readable_colour(text: str) -> str:
    """Return a colour that text may have on our pages.

    Raises:
        ValueError: it is none, or too pale; then with its contrast and the nearest that passes.
    """
    colour = parse_colour(text)
    found = contrast(colour, PAPER)
    if found < LEAST_CONTRAST:
        nearest = nearest_readable(colour)
        raise ValueError(
            f"a colour that stands out from the page by {LEAST_CONTRAST}:1 (WCAG 1.4.3), not by"
            f' {found:.1f}:1; the nearest that does is "{nearest}"'
        )
    return colour


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def nearest_readable(colour: str) -> str:
    """Return the lightest colour of the same hue and saturation that stands out from the paper."""
    return _moved(colour, PAPER, LEAST_CONTRAST, darker=True)


def shades_of(colour: str) -> Shades:
    """Return what pages draw with; `colour` is a readable one."""
    night = _moved(colour, NIGHT, 7.0, darker=False)
    return Shades(
        plain=colour,
        strong=mix(colour, "#000000", 0.25),
        far=mix(colour, "#ffffff", 0.2),
        night=night,
        night_strong=mix(night, "#ffffff", 0.35),
    )


def mix(one: str, other: str, share: float) -> str:
    """Return `one` with a share of `other` in it, 0 to 1, channel by channel."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return _as_text(tuple(a + (b - a) * share for a, b in pairs))


def _moved(colour: str, ground: str, least: float, *, darker: bool) -> str:
    """Return the first colour, going darker or lighter, that stands out from `ground`."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(colour))
    goal = 0.0 if darker else 1.0
    for step in range(_STEPS + 1):
        at = lightness + (goal - lightness) * step / _STEPS
        found = _as_text(colorsys.hls_to_rgb(hue, at, saturation))
        if contrast(found, ground) >= least:
            return found
    return "#000000" if darker else "#ffffff"


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _as_text(channels: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(min(1, max(0, channel)) * 255):02x}" for channel in channels)
