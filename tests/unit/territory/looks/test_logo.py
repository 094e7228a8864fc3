"""A logo is drawn anew from what is harmless; anything else is refused, with the reason."""

import base64
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.looks.logo import LARGEST, LONGEST_TEXT, parse_logo, read_logo

SVG = '<svg xmlns="http://www.w3.org/2000/svg" {}viewBox="0 0 40 20">{}</svg>'
PLAIN = SVG.format("", '<path d="M0 0h40v20z" fill="#0a5a68"/>')


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG, with its length and checksum."""
    body = name + content
    return len(content).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)


def png(width: int = 2, height: int = 1, *more: bytes) -> bytes:
    """Return a grey picture."""
    header = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x00\x00\x00\x00"
    rows = zlib.compress((b"\x00" + b"\x80" * width) * height)
    chunks = (chunk(b"IHDR", header), *more, chunk(b"IDAT", rows), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def text_of(octets: bytes) -> str:
    """Return what a person pastes."""
    return base64.encodebytes(octets).decode()


def test_a_plain_svg_keeps_its_shapes() -> None:
    """Its viewBox gives its shape; reading what is stored gives the same."""
    stored = parse_logo(PLAIN)
    logo = read_logo(stored)
    assert (logo.media_type, logo.ratio) == ("image/svg+xml", 2.0)
    assert 'd="M0 0h40v20z"' in stored
    assert logo.name.endswith(".svg")
    assert parse_logo(stored) == stored


def test_what_an_editor_adds_is_left_out() -> None:
    """Comments, titles, notes of its own, sizes: the picture is the same without them."""
    noted = SVG.format(
        'xmlns:i="http://editor.example" i:version="1" width="40mm" height="20mm" class="x" ',
        "<!-- made by --><title>Logo</title><metadata><i:x/></metadata><i:view/>"
        '<g i:label="a"><circle cx="1" cy="1" r="1"/></g>',
    )
    stored = parse_logo(noted)
    assert "circle" in stored
    for word in ("editor", "Logo", "metadata", "label", "width", "class", "made by"):
        assert word not in stored, word


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<style>*{fill:red}</style>",
        '<image href="https://elsewhere.example/x.png"/>',
        '<use href="#a"/>',
        "<foreignObject><p/></foreignObject>",
        '<a href="https://elsewhere.example"><path d="M0 0"/></a>',
        '<animate attributeName="x"/>',
        "<text>Ville</text>",
        '<path d="M0 0" onclick="alert(1)"/>',
        '<path d="M0 0" style="fill:url(https://elsewhere.example)"/>',
        '<path d="M0 0" fill="url(https://elsewhere.example/#x)"/>',
        '<path d="M0 0" fill="url(#a) url(//elsewhere.example)"/>',
        '<path d="M0 0" fill="javascript:x"/>',
        r'<path d="M0 0" fill="\75rl(x)"/>',
        "<path d='M0 0' id='a&quot;&gt;'/>",
        "<g>" * 30 + "</g>" * 30,
        "<g/>" * 500,
    ],
)
def test_nothing_that_acts_or_leads_elsewhere(inside: str) -> None:
    """Refused, not dropped: what is left would be another picture."""
    with pytest.raises(ValueError, match="an SVG"):
        parse_logo(SVG.format("", inside))


@pytest.mark.parametrize(
    "text",
    [
        "<",
        "<html/>",
        '<svg viewBox="0 0 1 1"/>',
        '<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>',
        '<svg xmlns="http://www.w3.org/2000/svg"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 0 1"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 1"/>',
        "not base64!",
        base64.b64encode(b"GIF89a").decode(),
        text_of(png())[:-20],
        text_of(png(2000, 1000)[:60]),
        text_of(png().replace(b"IDAT", b"IDAX")),
        "A" * (LONGEST_TEXT + 1),
        SVG.format("", f'<path d="{"M0 0" * 2000}"/>'),
    ],
)
def test_what_is_no_logo_is_refused(text: str) -> None:
    """In words that complete "expected ..."."""
    with pytest.raises(ValueError, match=r"^an? "):
        parse_logo(text)


def test_a_png_keeps_what_draws_it() -> None:
    """Texts, times and positions that cameras and editors write are left out."""
    spare = chunk(b"tEXt", b"Author\x00Camille Adam")
    stored = parse_logo(text_of(png(40, 20, spare)))
    logo = read_logo(stored)
    assert (logo.media_type, logo.ratio) == ("image/png", 2.0)
    assert logo.octets == png(40, 20)
    assert parse_logo(stored) == stored


@given(st.text(max_size=300) | st.text(max_size=300).map(lambda text: SVG.format("", text)))
def test_nothing_else_is_raised(text: str) -> None:
    """Whatever is typed: a logo that fits, or words."""
    with suppress(ValueError):
        assert len(read_logo(parse_logo(text)).octets) <= LARGEST
