"""A sheet of tickets as it goes on paper, from the console and from the command line alike."""

from collections.abc import Sequence

from portal.guest.ticket_link import ticket_url
from portal.tickets.office import Sheet
from portal.tickets.order import LASTING
from territory.paper.tickets import Paper, TicketPaper
from territory.rules.quotas import day_of
from territory.rules.ticket_codes import format_code


def paper_of(sheet: Sheet, networks: Sequence[str], codes: Sequence[str], public_url: str) -> Paper:
    """Return the paper of a sheet whose codes are known; `codes`: twelve digits each."""
    return Paper(
        organisation=sheet.organisation,
        place=sheet.site or "Tous ses lieux qui prennent des tickets",
        networks=tuple(networks),
        lasting=LASTING[sheet.terms.use_seconds],
        devices=sheet.terms.devices,
        last_first_use=sheet.terms.last_first_use,
        first_day=sheet.terms.first_day,
        last_day=sheet.terms.last_day,
        made_on=day_of(sheet.made_at),
        tickets=tuple(
            TicketPaper(number, format_code(code), ticket_url(public_url, code))
            for number, code in enumerate(codes, start=1)
        ),
    )
