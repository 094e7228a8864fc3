"""A printed file, read back by another hand than the one that made it (pypdf, not typst).

`check_paper` holds a PDF to what a machine can tell of PDF/UA-1 (ISO 14289-1) and, where files are
attached, of PDF/A-3a (ISO 19005-3): each fault is said with the clause it is of. What only eyes can
tell is looked at as pictures.
"""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from pypdf import PageObject, PdfReader
from pypdf.generic import BooleanObject, ContentStream, DictionaryObject, StreamObject

_NAMES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "pdfaid": "http://www.aiim.org/pdfa/ns/id/",
    "pdfuaid": "http://www.aiim.org/pdfua/ns/id/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
}
_STANDARD = re.compile(
    r"/(Document|Part|Art|Sect|Div|BlockQuote|Caption|TOCI?|Index|NonStruct|Private|P|H[1-6]?|L|LI"
    r"|Lbl|LBody|Table|TR|TH|TD|THead|TBody|TFoot|Span|Quote|Note|Reference|BibEntry|Code|Link"
    r"|Annot|Ruby|Warichu|R[BTP]|W[TP]|Figure|Formula|Form)"
)
"""Structure types (ISO 32000-1 §14.8.4)."""
_SHOWS_TEXT = frozenset({b"Tj", b"TJ", b"'", b'"'})
_RELATIONS = frozenset({"/Source", "/Data", "/Alternative", "/Supplement", "/Unspecified"})
_FONT_FILES = ("/FontFile", "/FontFile2", "/FontFile3")
_ICC_SPACES = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}

Placed = tuple[int, int]
"""A page's object, and the number of marked content on it."""


@dataclass(frozen=True, slots=True)
class Element:
    """A structure element."""

    role: str
    """Its standard type."""
    content: DictionaryObject
    marked: frozenset[Placed]
    """What is directly its own on the pages."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a reader makes of a file."""

    title: str
    text: str
    """Of all its pages."""
    roles: tuple[str, ...]
    """The types of its structure, in reading order: `/H1`, `/P`..."""
    attached: dict[str, bytes]


def check_paper(pdf: bytes, attached: Mapping[str, bytes] | None = None) -> Paper:
    """Return what a reader makes of a PDF, which is right, or the test fails with every fault.

    Args:
        pdf: a file that says it is PDF/UA-1.
        attached: what must be attached, of a file that says it is PDF/A-3a; None: it says nothing.
    """
    reader = PdfReader(io.BytesIO(pdf), strict=True)
    elements = tuple(_elements(reader))
    faults = [*_identity_faults(reader), *_structure_faults(elements)]
    faults += _page_faults(reader, elements)
    found = dict(_attachments(reader, faults))
    if attached is not None:
        faults += _archive_faults(reader)
        faults += [] if found == dict(attached) else [f"attached: {sorted(found)}"]
    assert not faults, "\n".join(faults)
    text = "\n".join(page.extract_text() for page in reader.pages)
    return Paper(_title(reader), text, tuple(one.role for one in elements), found)


def _root(reader: PdfReader) -> DictionaryObject:
    root: DictionaryObject = reader.root_object
    return root


def _told(reader: PdfReader, name: str) -> str:
    """Return a property of the file's XMP; empty where it is not there."""
    metadata = _root(reader)["/Metadata"].get_object()
    assert isinstance(metadata, StreamObject)
    told = ElementTree.fromstring(metadata.get_data())  # noqa: S314 - made by what is tested
    return told.findtext(f".//{name}", "", _NAMES)


def _title(reader: PdfReader) -> str:
    return _told(reader, "dc:title/rdf:Alt/rdf:li")


def _identity_faults(reader: PdfReader) -> Iterator[str]:
    root = _root(reader)
    if not reader.pdf_header.startswith("%PDF-1."):
        yield "header: no PDF 1 (14289-1 §6.1)"
    if _told(reader, "pdfuaid:part") != "1":
        yield "XMP: no pdfuaid:part 1 (14289-1 §5)"
    if not _title(reader) or not _is(root.get("/ViewerPreferences", {}).get("/DisplayDocTitle")):
        yield "no title shown (14289-1 §7.1)"
    marks = root.get("/MarkInfo", {})
    if not _is(marks.get("/Marked")) or _is(marks.get("/Suspects")):
        yield "not marked, or suspect (14289-1 §7.1)"
    if not str(root.get("/Lang", "")).startswith("fr"):
        yield "no language (14289-1 §7.2)"
    if reader.is_encrypted or "/ID" not in reader.trailer:
        yield "encrypted, or without an identifier (19005-3 §6.1.3)"
    if {"/OpenAction", "/AA"} & root.keys() or "/JavaScript" in root.get("/Names", {}):
        yield "does something by itself (19005-3 §6.5)"


def _is(told: Any) -> bool:
    return isinstance(told, BooleanObject) and bool(told.value)


# --- Structure ------------------------------------------------------------------------------------


def _elements(reader: PdfReader) -> Iterator[Element]:
    tree = _root(reader).get("/StructTreeRoot", DictionaryObject())
    yield from _below(tree.get("/K"), tree.get("/RoleMap", DictionaryObject()))


def _below(kids: Any, known_as: DictionaryObject) -> Iterator[Element]:
    for kid in _each(kids):
        if isinstance(kid, DictionaryObject) and "/S" in kid:
            role = known_as.get(kid["/S"], kid["/S"])
            yield Element(role, kid, frozenset(_marked(kid)))
            yield from _below(kid.get("/K"), known_as)


def _each(kids: Any) -> list[Any]:
    one = kids.get_object() if kids is not None else []
    return [kid.get_object() for kid in one] if isinstance(one, list) else [one]


def _marked(element: DictionaryObject) -> Iterator[Placed]:
    for kid in _each(element.get("/K")):
        place = kid if isinstance(kid, DictionaryObject) else element
        number = kid.get("/MCID") if isinstance(kid, DictionaryObject) else kid
        if isinstance(number, int) and ("/Pg" in place or "/Pg" in element):
            page = place if "/Pg" in place else element
            yield page.raw_get("/Pg").idnum, int(number)


def _structure_faults(elements: tuple[Element, ...]) -> Iterator[str]:
    level = 0
    if not elements:
        yield "no structure (14289-1 §7.1)"
    for one in elements:
        if not _STANDARD.fullmatch(one.role):
            yield f"{one.role}: no standard type (14289-1 §7.1)"
        if one.role[1:2] == "H" and one.role[2:].isdigit():
            if int(one.role[2:]) > level + 1:
                yield f"{one.role} after a heading of level {level} (14289-1 §7.4.2)"
            level = int(one.role[2:])
        if one.role in ("/Figure", "/Formula") and not one.content.keys() & {"/Alt", "/ActualText"}:
            yield f"{one.role} without words (14289-1 §7.3)"
        if one.role == "/TH" and not any("/Scope" in each for each in _each(one.content.get("/A"))):
            yield "a header of nothing (14289-1 §7.5)"


# --- Pages ----------------------------------------------------------------------------------------


def _page_faults(reader: PdfReader, elements: tuple[Element, ...]) -> Iterator[str]:
    owned = [place for one in elements for place in one.marked]
    if len(owned) != len({*owned}):
        yield "a content of two elements (14289-1 §7.1)"
    shown: set[Placed] = set()
    for number, page in enumerate(reader.pages, 1):
        if page.get("/Annots") and page.get("/Tabs") != "/S":
            yield f"page {number}: tabs in no order (14289-1 §7.18.3)"
        marked, bare = _shown(page, reader)
        reference = page.indirect_reference
        assert reference
        shown |= {(reference.idnum, one) for one in marked}
        if bare:
            yield f"page {number}: {bare} texts outside of the structure (14289-1 §7.1)"
        for name, font in _fonts(page.get("/Resources", DictionaryObject())):
            if "/ToUnicode" not in font:
                yield f"page {number}: {name} tells no letters (14289-1 §7.21.7)"
            inner = _each(font.get("/DescendantFonts")) or [font]
            described = [one.get("/FontDescriptor", DictionaryObject()) for one in inner]
            if not all({*_FONT_FILES} & one.get_object().keys() for one in described):
                yield f"page {number}: {name} is not embedded (14289-1 §7.21.4)"
    if shown != {*owned}:
        yield f"{len(shown ^ {*owned})} contents that structure and pages tell apart"


def _shown(page: PageObject, reader: PdfReader) -> tuple[set[int], int]:
    """Return the marked contents of a page, and how many texts lie outside of any mark."""
    marked: set[int] = set()
    bare, depth = 0, 0
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator in (b"BDC", b"BMC"):
            depth += 1
            properties = operands[1] if len(operands) > 1 else {}
            if isinstance(properties, Mapping) and "/MCID" in properties:
                marked.add(int(properties["/MCID"]))
        elif operator == b"EMC":
            depth -= 1
        elif operator in _SHOWS_TEXT and not depth:
            bare += 1
    return marked, bare


def _fonts(resources: Any) -> Iterator[tuple[str, DictionaryObject]]:
    """Yield the fonts of a page, those of what is drawn on it included."""
    known = resources.get_object()
    for name, font in known.get("/Font", DictionaryObject()).get_object().items():
        yield name, font.get_object()
    for drawn in known.get("/XObject", DictionaryObject()).get_object().values():
        yield from _fonts(drawn.get_object().get("/Resources", DictionaryObject()))


# --- What is kept ---------------------------------------------------------------------------------


def _archive_faults(reader: PdfReader) -> Iterator[str]:
    if (_told(reader, "pdfaid:part"), _told(reader, "pdfaid:conformance")) != ("3", "A"):
        yield "XMP: no PDF/A-3a (19005-3 §6.6.4)"
    intents = _each(_root(reader).get("/OutputIntents"))
    if not any(_is_colour_told(one) for one in intents if one["/S"] == "/GTS_PDFA1"):
        yield "no colour profile (19005-3 §6.2.3)"


def _is_colour_told(intent: DictionaryObject) -> bool:
    profile = intent["/DestOutputProfile"].get_object()
    assert isinstance(profile, StreamObject)
    octets = profile.get_data()
    components: Any = profile["/N"]
    return octets[36:40] == b"acsp" and _ICC_SPACES.get(octets[16:20]) == int(components)


def _attachments(reader: PdfReader, faults: list[str]) -> Iterator[tuple[str, bytes]]:
    named = reader.attachment_list
    listed = _each(_root(reader).get("/AF"))
    if len(listed) != len(list(named)):
        faults.append("an attachment that is associated with nothing (19005-3 §6.8)")
    for one in listed:
        file = one["/EF"]["/F"].get_object()
        is_told = {"/F", "/UF"} <= one.keys() and one.get("/AFRelationship") in _RELATIONS
        if not is_told or "/Subtype" not in file or "/ModDate" not in file.get("/Params", {}):
            faults.append(f"{one.get('/UF')}: what it is is not told (19005-3 §6.8)")
        yield str(one["/UF"]), file.get_data()
