"""Colours are measured as WCAG says, and a refused one comes with the nearest that passes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.looks.contrast import (
    LEAST_CONTRAST,
    NIGHT,
    PAPER,
    contrast,
    luminance,
    mix,
    nearest_readable,
    parse_colour,
    readable_colour,
    shades_of,
)

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),  # the formula's own limit
        ("#ffffff", "#ffffff", 1.0),
        ("#767676", "#ffffff", 4.54),  # the lightest grey usually named for AA on white
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_known_ratios(one: str, other: str, ratio: float) -> None:
    """To two places, whichever comes first."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@given(COLOURS)
def test_what_is_offered_instead_passes(colour: str) -> None:
    """And is the colour itself where that passes; white text upon it can be read too."""
    nearest = nearest_readable(colour)
    assert contrast(nearest, PAPER) >= LEAST_CONTRAST
    assert contrast(nearest, "#ffffff") >= LEAST_CONTRAST
    if contrast(colour, PAPER) >= LEAST_CONTRAST:
        assert contrast(nearest, PAPER) == pytest.approx(contrast(colour, PAPER), rel=0.05)
    assert readable_colour(nearest) == nearest


@given(COLOURS)
def test_each_shade_can_be_read_where_it_stands(colour: str) -> None:
    """Buttons carry white by day and the night's own dark by night."""
    shades = shades_of(nearest_readable(colour))
    assert contrast(shades.strong, "#ffffff") >= LEAST_CONTRAST
    for shade in (shades.night, shades.night_strong):
        assert contrast(shade, NIGHT) >= 6.9


def test_a_pale_colour_is_refused_with_a_way_out() -> None:
    """Its contrast, and the nearest colour, in the fault's own words."""
    with pytest.raises(ValueError, match=r'not by 1\.6:1; the nearest that does is "#976708"'):
        readable_colour("#f5b942")


@pytest.mark.parametrize("text", ["", "red", "#12", "#12345g", "0a5a68", "#0a5a68;}", "url(x)"])
def test_only_a_colour_is_a_colour(text: str) -> None:
    """It goes into a style sheet."""
    with pytest.raises(ValueError, match="a colour as #rrggbb"):
        parse_colour(text)


def test_short_forms_and_mixing() -> None:
    """`#abc` is `#aabbcc`; a share of another colour moves each channel."""
    assert parse_colour(" #ABC ") == "#aabbcc"
    assert mix("#000000", "#ffffff", 0.5) == "#808080"
    assert luminance("#ffffff") == pytest.approx(1)
