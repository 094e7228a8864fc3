"""The matrix of links: derived, whole, and the same in the guide."""

from pathlib import Path

import pytest

from radius.dialects import dialect_of as radius_dialect_of
from radius.rights import TABLE, Right
from territory.gateway_dialects import DIALECTS, Dialect, Return
from territory.link_matrix import COUNTS, DEAF, EXTENDS, Cell, Works, matrix, row
from territory.link_table import markdown
from territory.vocabulary import AttributeSet, Brand, Link

GUIDE = Path(__file__).parents[3] / "docs/gateways/liens.md"


def dialect(brand: Brand, variant: str = "") -> Dialect:
    """Return a dialect of the table."""
    return DIALECTS[brand][variant]


def test_the_guide_is_the_matrix() -> None:
    """To write it anew: see territory/link_table.py."""
    assert GUIDE.read_text() == markdown()


def test_every_dialect_has_every_link_and_a_sentence_for_each_cell() -> None:
    """Nothing is left to guess, and a mark never stands alone."""
    rows = list(matrix())
    assert len(rows) == sum(map(len, DIALECTS.values())) * len(Link)
    for each in rows:
        for cell in (
            each.log_in,
            each.log_out,
            each.quota,
            each.polling,
            each.extension,
            each.warning,
        ):
            assert cell.words.endswith(".")
        assert (each.log_in.works is not Works.NO) == (each.link in each.dialect.links)


def test_what_radius_knows_of_a_brand_is_what_the_matrix_says() -> None:
    """Who is deaf to a Disconnect-Request, and who can be told a quota in a known unit."""
    assert {brand for brand in Brand if not radius_dialect_of(brand).disconnects} == DEAF
    assert all(radius_dialect_of(brand).changes for brand in EXTENDS)
    quota = {each.attribute_set for each in TABLE if each.right is Right.QUOTA and each.confirmed}
    names = {brand for brand in Brand if brand.value in {each.value for each in AttributeSet}}
    assert {brand for brand in names if AttributeSet(brand.value) in quota} == COUNTS - {
        Brand.USPOT
    }


@pytest.mark.parametrize(
    ("spoken", "link", "found"),
    [
        (dialect(Brand.COOVACHILLI), Link.TUNNEL, "oui oui oui oui oui oui"),
        (dialect(Brand.COOVACHILLI), Link.RADSEC, "oui en partie oui en partie en partie oui"),
        (dialect(Brand.COOVACHILLI), Link.CLOUD, "non non non non non non"),
        (dialect(Brand.OPENNDS, "fas1"), Link.TUNNEL, "oui non non en partie non oui"),
        (dialect(Brand.UNIFI, "official"), Link.TUNNEL, "oui oui en partie en partie non oui"),
        (dialect(Brand.FORTINET), Link.PRIVATE_NETWORK, "oui oui oui oui non en partie"),
        (
            dialect(Brand.CISCO, "cwa"),
            Link.RADSEC,
            "en partie en partie en partie en partie non oui",
        ),
        (dialect(Brand.OMADA, "radius"), Link.TUNNEL, "oui non en partie oui non en partie"),
        (dialect(Brand.MERAKI, "sign-on"), Link.CLOUD, "oui en partie en partie en partie non oui"),
    ],
)
def test_what_works_over_a_link(spoken: Dialect, link: Link, found: str) -> None:
    """In order: log-in, log-out, quota, polling, extension, a way back in peace."""
    one = row(spoken, link)
    cells = (one.log_in, one.log_out, one.quota, one.polling, one.extension, one.warning)
    assert " ".join(cell.works.value for cell in cells) == found


def test_only_what_has_a_nas_is_called() -> None:
    """Supervision asks NAS and access points: a gateway without RADIUS is never said to be seen."""
    for each in matrix():
        if each.polling.works is Works.YES:
            assert each.dialect.asks_radius


def test_only_a_form_in_clear_makes_a_browser_warn() -> None:
    """A 303 is followed silently; a form from an https page to http is warned of in full."""
    for each in matrix():
        warns = each.dialect.returns is Return.FORM and not each.dialect.form_is_https
        if each.link in each.dialect.links:
            assert each.warning == Cell(Works.PARTLY if warns else Works.YES, each.warning.words)
