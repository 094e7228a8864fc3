"""A page that is kept with blanks is each guest's own, plain or packed."""

import gzip

from hypothesis import given
from hypothesis import strategies as st

from territory.web.kept import KeptPage, blank, gzipped

PARTS = st.lists(st.text(max_size=300) | st.sampled_from([blank("nonce"), blank("visit")]))
OWN = {"nonce": b"n0nce", "visit": "<é>".encode() * 90}


@given(PARTS)
def test_what_is_filled_in_is_what_is_unpacked(parts: list[str]) -> None:
    """Wherever the blanks stand, and also where there is none."""
    text = "".join(parts)
    page = KeptPage.of(text)
    expected = text.encode()
    for name, value in OWN.items():
        expected = expected.replace(blank(name).encode(), value)
    assert page.filled(OWN) == expected
    assert gzip.decompress(page.gzipped(OWN)) == expected


def test_the_longest_stretch_is_packed_once() -> None:
    """And what a guest's own page takes grows by less than it is long."""
    style = "".join(f"p{number}{{margin:{number}px}}" for number in range(500))
    text = f'<style nonce="{blank("nonce")}">{style}</style><a href="{blank("visit")}">'
    page = KeptPage.of(text)
    assert style.encode() in page.same
    assert page.packed in page.gzipped(OWN)
    assert len(page.gzipped(OWN)) < len(style) / 2


def test_a_page_as_gzip() -> None:
    """What is not kept is packed whole."""
    assert gzip.decompress(gzipped(b"page" * 500)) == b"page" * 500
