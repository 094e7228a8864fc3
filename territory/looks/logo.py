"""An organisation's logo: an SVG drawn anew from what is known to be harmless, or a plain PNG.

    territory.yaml, as text -> parse_logo -> stored text -> Logo -> /marque/<digest>

Nothing of the picture is trusted: an SVG keeps elements and attributes of a closed list, so it
holds no script, no style sheet, no address and no picture of elsewhere; a PNG keeps the chunks that
draw it. What would change the picture by its loss is refused with the reason, never dropped in
silence. Pure.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from xml.etree import ElementTree

LARGEST: Final = 6_144
"""Octets of a logo: the first page has 14 336 for everything (octets on the wire)."""
LONGEST_TEXT: Final = 16_384
"""Characters of what is typed, before it is drawn anew."""
_LARGEST_SIDE: Final = 1_024
_SHOWN_HEIGHT: Final = 48
_SHOWN_WIDTH: Final = 144
_MOST_NODES: Final = 400
_DEEPEST: Final = 12
_SVG: Final = "http://www.w3.org/2000/svg"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_CHUNKS: Final = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_KNOWN: Final = frozenset(
    {"svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "defs"}
    | {"linearGradient", "radialGradient", "stop", "clipPath"}
)
_SAYS_NOTHING: Final = frozenset({"title", "desc", "metadata"})
_ATTRIBUTES: Final = frozenset(
    {"viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry"}
    | {"d", "points", "transform", "id", "fill", "fill-rule", "fill-opacity", "stroke", "fx", "fy"}
    | {"stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-opacity"}
    | {"stroke-dasharray", "opacity", "offset", "stop-color", "stop-opacity", "gradientUnits"}
    | {"gradientTransform", "spreadMethod", "clip-path", "clip-rule", "clipPathUnits"}
)
_SAYS_AS_LITTLE: Final = frozenset({"version", "baseProfile", "class", "preserveAspectRatio"})
_VALUE: Final = re.compile(r"[A-Za-z0-9 .,#%()+\-\n\t]*")
_REFERENCE: Final = re.compile(r"url\(#[A-Za-z0-9_.-]{1,64}\)")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NUMBERS: Final = re.compile(r"-?\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that is safe to send."""

    media_type: str
    """`image/svg+xml` or `image/png`."""
    octets: bytes
    """The file."""
    ratio: float
    """Width over height."""

    @property
    def name(self) -> str:
        """The file's name: what it holds, so that it may be kept for ever."""
        ending = "svg" if self.media_type == "image/svg+xml" else "png"
        return f"{sha256(self.octets).hexdigest()[:20]}.{ending}"

    @property
    def size(self) -> tuple[int, int]:
        """How large pages show it, in CSS pixels: 48 high, or 144 wide and lower."""
        height = min(_SHOWN_HEIGHT, _SHOWN_WIDTH / self.ratio)
        return round(height * self.ratio), round(height)


def parse_logo(text: str) -> str:
    """Return a logo as it is stored: SVG drawn anew, or the base64 of a PNG with nothing spare.

    Raises:
        ValueError: what was expected.
    """
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"a logo of {LONGEST_TEXT} characters at most")
    stripped = text.strip()
    stored = _drawn_anew(stripped) if stripped.startswith("<") else _reduced(stripped)
    size = len(read_logo(stored).octets)
    if size > LARGEST:
        raise ValueError(f"a logo of {LARGEST} octets at most, not {size}: simplify it")
    return stored


def read_logo(stored: str) -> Logo:
    """Return the picture of a stored logo."""
    if stored.startswith("<"):
        box = [float(number) for number in _NUMBERS.findall(_view_box(stored))]
        return Logo("image/svg+xml", stored.encode(), box[2] / box[3])
    octets = base64.b64decode(stored)
    width, height = _sides(octets)
    return Logo("image/png", octets, width / height)


def _drawn_anew(text: str) -> str:
    """Return an SVG with nothing in it but what is known."""
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise ValueError("an SVG without DOCTYPE or entities")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no DOCTYPE, so no entity; size capped
    except ElementTree.ParseError as fault:
        raise ValueError(f"an SVG that can be read as XML ({fault})") from None
    if root.tag != f"{{{_SVG}}}svg":
        raise ValueError("an SVG: <svg> of its own namespace, or the base64 of a PNG")
    if sum(1 for _ in root.iter()) > _MOST_NODES:
        raise ValueError(f"an SVG of {_MOST_NODES} elements at most")
    drawn = ElementTree.Element("svg", {"xmlns": _SVG})
    _copy(root, drawn, 0)
    if "viewBox" not in drawn.attrib:
        sides = [_NUMBERS.match(root.get(side, "")) for side in ("width", "height")]
        if None in sides:
            raise ValueError("an SVG with a viewBox")
        drawn.set("viewBox", "0 0 " + " ".join(side[0] for side in sides if side))
    _check_box(drawn.attrib["viewBox"])
    for side in ("width", "height"):
        drawn.attrib.pop(side, None)
    return ElementTree.tostring(drawn, encoding="unicode")


def _copy(source: ElementTree.Element, target: ElementTree.Element, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"an SVG of {_DEEPEST} levels at most")
    target.attrib.update(_attributes(source))
    for child in source:
        if not child.tag.startswith(f"{{{_SVG}}}"):
            continue  # an editor's own notes; comments are not even read
        name = child.tag.removeprefix(f"{{{_SVG}}}")
        if name in _SAYS_NOTHING:
            continue
        if name not in _KNOWN - {"svg"}:
            raise ValueError(
                f"an SVG of plain shapes, without <{name[:40]}>: export it as outlines"
            )
        _copy(child, ElementTree.SubElement(target, name), depth + 1)


def _attributes(source: ElementTree.Element) -> Iterator[tuple[str, str]]:
    for name, value in source.attrib.items():
        if name.startswith("{") or name in _SAYS_AS_LITTLE:
            continue
        if name not in _ATTRIBUTES:
            raise ValueError(f"an SVG without the attribute {name[:40]}: export it as plain shapes")
        if not _is_harmless(name, value):
            raise ValueError(f"an SVG whose {name} holds numbers, colours or a shape of its own")
        yield name, value


def _is_harmless(name: str, value: str) -> bool:
    if name == "id":
        return bool(_NAME.fullmatch(value))
    if "url" in value.lower():
        return bool(_REFERENCE.fullmatch(value))
    return bool(_VALUE.fullmatch(value))


def _check_box(box: str) -> None:
    numbers = [float(number) for number in _NUMBERS.findall(box)]
    if len(numbers) != 4 or numbers[2] <= 0 or numbers[3] <= 0:
        raise ValueError("an SVG whose viewBox has a width and a height")
    _check_ratio(numbers[2], numbers[3])


def _check_ratio(width: float, height: float) -> None:
    if not 0.2 <= width / height <= 6:
        raise ValueError("a logo at most six times as wide as high, and five times as high as wide")


def _view_box(stored: str) -> str:
    found = re.search(r'viewBox="([^"]*)"', stored)
    return found[1] if found else ""


def _reduced(text: str) -> str:
    """Return the base64 of a PNG with the chunks that draw it and no other."""
    try:
        octets = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("an SVG, or the base64 of a PNG (`base64 -w0 logo.png`)") from None
    if not octets.startswith(_PNG):
        raise ValueError("a PNG in base64, or an SVG")
    kept = [chunk for name, chunk in _chunks(octets) if name in _CHUNKS]
    if not kept or kept[0][4:8] != b"IHDR" or kept[-1][4:8] != b"IEND":
        raise ValueError("a whole PNG")
    reduced = _PNG + b"".join(kept)
    width, height = _sides(reduced)
    if not 0 < width <= _LARGEST_SIDE or not 0 < height <= _LARGEST_SIDE:
        raise ValueError(f"a PNG of {_LARGEST_SIDE} pixels a side at most")
    _check_ratio(width, height)
    return base64.b64encode(reduced).decode()


def _chunks(octets: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Give each chunk's name and all its octets; its checksum must be right (PNG §5.3)."""
    place = len(_PNG)
    while place < len(octets):
        length = int.from_bytes(octets[place : place + 4])
        chunk = octets[place : place + 12 + length]
        if len(chunk) != 12 + length or zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:]):
            raise ValueError("a whole PNG")
        yield chunk[4:8], chunk
        place += len(chunk)
        if chunk[4:8] == b"IEND":
            return


def _sides(png: bytes) -> tuple[int, int]:
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
