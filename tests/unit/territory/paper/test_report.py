"""The monthly report on paper: PDF/UA-1 in French, headings, headers, words for each picture."""

from dataclasses import replace
from datetime import date

import pytest

from territory.indicators.month import Month
from territory.indicators.wording import About, Sheet, describe
from territory.paper.report import draw_report, render_report
from tests.servers.papers import check_paper
from tests.unit.territory.indicators.month_of_october import measured

MADE_ON = date(2026, 11, 3)
DOCUMENT = describe(
    measured(),
    About(
        month=Month.parse("2026-10"),
        whose="Tout le territoire",
        is_territory=True,
        least=11,
    ),
)


@pytest.fixture(scope="module")
def pdf() -> bytes:
    """The report, made once."""
    return render_report(DOCUMENT, MADE_ON)


def test_it_is_accessible(pdf: bytes) -> None:
    """As another reader finds it (ISO 14289-1): one first heading, a heading for each table, each
    with its headers, words for the picture."""
    paper = check_paper(pdf)
    kinds = ("/H1", "/H2", "/H3", "/Table", "/TH", "/Figure")
    assert [paper.roles.count(kind) for kind in kinds] == [
        *(1, len(DOCUMENT.sheets) + 1, len(DOCUMENT.figures), len(DOCUMENT.sheets)),
        *(sum(len(sheet.head) for sheet in DOCUMENT.sheets), 1),
    ]
    for figure in DOCUMENT.figures:
        assert figure.method[:30].replace("'", "’") in paper.text
    words = "Diagramme en barres".encode("utf-16-be").hex().upper()
    assert f"/Alt<FEFF{words}".encode() in pdf


def test_no_name_is_markup_and_long_tables_go_on() -> None:
    """Names go in as data: what typst would run or refuse is printed as it is."""
    odd = '#panic("x") $a$ *b* \\ <l> @l `c` "d" { ] '
    sheet = Sheet(odd, (odd, "n"), tuple((odd, str(n)) for n in range(80)), odd)
    pages = draw_report(replace(DOCUMENT, whose=odd, sheets=(sheet,)), MADE_ON)
    assert len(pages) > 3
    assert all(page.startswith(b"\x89PNG") for page in pages)


def test_a_place_that_no_font_can_name_is_written_by_its_code() -> None:
    """Its month is told all the same."""
    assert render_report(replace(DOCUMENT, whose="Café 🚀"), MADE_ON).startswith(b"%PDF-")
