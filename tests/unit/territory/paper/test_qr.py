"""A QR code is black squares on white, with its quiet border, and says what it is."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from territory.paper.qr import QUIET_MODULES, qr_file, qr_svg


def test_it_is_named_and_read_on_any_ground() -> None:
    """White below it by night too, a name for who hears the page, nothing to run or fetch."""
    drawn = qr_svg("https://wifi.meuse.example/ticket/482109375526", 'Code "QR"')
    assert drawn.startswith('<svg role="img" aria-label="Code &quot;QR&quot;" ')
    assert 'fill="#fff"' in drawn
    assert "style=" not in drawn
    assert "href" not in drawn


def test_its_border_is_as_wide_as_cameras_want() -> None:
    """Four modules on each side (ISO/IEC 18004): version 4 has 33 of its own."""
    drawn = qr_svg("https://wifi.meuse.example/ticket/482109375526", "")
    found = re.search(r'viewBox="0 0 (\d+) \1"', drawn)
    assert found
    assert int(found[1]) == 33 + 2 * QUIET_MODULES


@settings(max_examples=30)
@given(st.text(min_size=1, max_size=200))
def test_no_text_becomes_markup(text: str) -> None:
    """Of what it says nothing is written but squares."""
    for drawn in (qr_svg(text, ""), qr_file(text)):
        assert set(re.findall(r"<(\w+)", drawn)) == {"svg", "path"}
