"""A written paper: one content, PDF/UA-1 and HTML, no name taken for markup, a version."""

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest

from territory.paper.document import (
    Blank,
    Document,
    Items,
    Section,
    Table,
    Words,
    draw_pages,
    render_html,
    render_pdf,
)
from tests.servers.papers import check_paper

MADE_ON = date(2026, 11, 20)
ODD = '#panic("x") $a$ *b* \\ <l> @l `c` "d" { ] & <script>'
DOCUMENT = Document(
    "Registre",
    "Département de la Meuse",
    "Ce qu'il est.",
    (
        Section("Un", (Words("L'un : oui."), Items(("a", "b")), Items(("c",), are_steps=True))),
        Section("Deux", (Table("T", ("A", "B"), (("x", "y\nz"),)), Blank("le délégué", "Avis."))),
    ),
)


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """The paper, made once."""
    return render_pdf(DOCUMENT, MADE_ON)


def test_it_is_accessible(pdf: bytes) -> None:
    """As another reader finds it (ISO 14289-1); headings, lists, headers."""
    paper = check_paper(pdf)
    kinds = ("/H1", "/H2", "/Table", "/TH", "/Caption", "/L")
    assert [paper.roles.count(kind) for kind in kinds] == [1, 2, 1, 2, 1, 3]
    assert paper.title == "Registre, Département de la Meuse"
    assert "À compléter par le délégué" in paper.text


@pytest.mark.parametrize(
    ("right", "wrong", "clause"),
    [
        (b"<pdfuaid:part>1", b"<pdfuaid:part>2", "§5"),
        (b"/Marked true", b"/Marked null", "§7.1"),
        (b"/DisplayDocTitle true", b"/DisplayDocTitle null", "§7.1"),
        (b"/Lang(fr-FR)", b"/Long(fr-FR)", "§7.2"),
        (b"/S/H2", b"/S/H4", "§7.4.2"),
        (b"/S/H2", b"/S/X2", "standard type"),
        (b"/Scope", b"/Scale", "§7.5"),
        (b"/ToUnicode", b"/ToUnicorn", "§7.21.7"),
        (b"/FontFile3", b"/FontFile9", "§7.21.4"),
        (b"/StructTreeRoot", b"/StructTreeRoof", "no structure"),
    ],
)
def test_what_is_wrong_is_seen(pdf: bytes, right: bytes, wrong: bytes, clause: str) -> None:
    """The reader that all papers are held to names each fault by its clause."""
    assert right in pdf
    with pytest.raises(AssertionError, match=re.escape(clause)):
        check_paper(pdf.replace(right, wrong))


class Structure(HTMLParser):
    """The elements of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one."""
        self.elements.append((tag, dict(attrs)))


def test_the_page_says_the_same_and_loads_nothing() -> None:
    """Headings, a caption and scopes; no script, nothing from anywhere; print's own marks."""
    page = render_html(DOCUMENT, MADE_ON)
    seen = Structure()
    seen.feed(page)
    names = [name for name, _ in seen.elements]
    assert [names.count(name) for name in ("h1", "h2", "table", "caption", "ol", "ul")] == [
        *(1, 2, 1, 1, 1, 1)
    ]
    assert [scope for name, attrs in seen.elements if name == "th" for scope in attrs.values()] == [
        *("col", "col", "row")
    ]
    assert not {"script", "img", "iframe"}.intersection(names)
    assert "http" not in page
    assert "L\N{RIGHT SINGLE QUOTATION MARK}un\N{NO-BREAK SPACE}: oui." in page


def test_no_name_is_markup() -> None:
    """Names go in as data, by both ways: what would run is printed as it is."""
    section = Section(ODD, (Words(ODD), Items((ODD,)), Table(ODD, (ODD,), ((ODD,),))))
    odd = replace(DOCUMENT, title=ODD, whose=ODD, about=ODD, sections=(section,))
    assert all(page.startswith(b"\x89PNG") for page in draw_pages(odd, MADE_ON))
    assert "<script>" not in render_html(odd, MADE_ON)


def test_a_name_that_no_font_has_is_written_by_its_codes() -> None:
    """A paper of an organisation of any name is made; the page shows it as it is."""
    odd = replace(DOCUMENT, title="李 🚀")
    assert render_pdf(odd, MADE_ON).startswith(b"%PDF-")
    assert "李 🚀" in render_html(odd, MADE_ON)


def test_its_version_is_its_content_s() -> None:
    """The day it is made changes nothing of it; a word does."""
    assert DOCUMENT.version == replace(DOCUMENT).version
    assert DOCUMENT.version != replace(DOCUMENT, about="Autre.").version
    assert f"Version {DOCUMENT.version}" in render_html(DOCUMENT, date(2030, 1, 1))
    assert DOCUMENT.blanks == (Blank("le délégué", "Avis."),)
