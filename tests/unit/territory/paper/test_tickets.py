"""Tickets on paper: PDF/UA-1 in French, one alone or eight a page, no name taken for markup."""

from dataclasses import replace
from datetime import date

import pytest

from territory.paper.tickets import Paper, TicketPaper, draw_tickets, render_tickets
from territory.rules.ticket_codes import codes_of, format_code
from tests.servers.papers import check_paper

BASE = "https://wifi.meuse.example/ticket/"
PAPER = Paper(
    organisation="Commune de Commercy",
    place="Médiathèque de Commercy",
    networks=("Wi-Fi public Meuse",),
    lasting="1 jour",
    devices=1,
    last_first_use=date(2026, 11, 27),
    made_on=date(2026, 11, 20),
    tickets=(),
)


def tickets(many: int) -> tuple[TicketPaper, ...]:
    """So many tickets."""
    codes = codes_of(bytes(16), many)
    return tuple(TicketPaper(n, format_code(c), BASE + c) for n, c in enumerate(codes, 1))


@pytest.mark.parametrize("many", [1, 9])
def test_it_is_accessible(many: int) -> None:
    """As another reader finds it (ISO 14289-1): every code can be read aloud."""
    made = tickets(many)
    paper = check_paper(render_tickets(replace(PAPER, tickets=made)))
    assert "Commune de Commercy" in paper.text
    for ticket in made:
        assert ticket.code in paper.text


@pytest.mark.parametrize(("many", "pages"), [(1, 1), (2, 1), (8, 1), (9, 2)])
def test_eight_a_page(many: int, pages: int) -> None:
    """One alone has a page of its own; others are cut apart."""
    drawn = draw_tickets(replace(PAPER, tickets=tickets(many)))
    assert len(drawn) == pages
    assert all(picture.startswith(b"\x89PNG") for picture in drawn)


def test_no_name_is_markup() -> None:
    """Names go in as data: what typst would run or refuse is printed as it is."""
    odd = '#panic("x") $a$ *b* \\ <l> @l `c` "d" { ] '
    paper = replace(PAPER, organisation=odd, place=odd, networks=(odd, odd), tickets=tickets(2))
    assert render_tickets(paper).startswith(b"%PDF-")


def test_a_network_that_no_font_can_name_has_its_tickets() -> None:
    """A sign without a shape is printed by its code, never a reason for no paper."""
    paper = replace(PAPER, networks=("Wi-Fi 🚀",), tickets=tickets(1))
    assert render_tickets(paper).startswith(b"%PDF-")


def test_the_same_sheet_is_the_same_file() -> None:
    """No clock and no font of the machine's is in it."""
    paper = replace(PAPER, tickets=tickets(2))
    assert render_tickets(paper) == render_tickets(paper)
