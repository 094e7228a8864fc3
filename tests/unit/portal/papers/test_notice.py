"""An organisation's notice says what its guests read at the portal (GDPR art. 13)."""

from portal.guest.notice import RIGHTS, sections
from portal.papers.notice import write_notice
from territory.law.holdings import AGREED
from territory.paper.document import Items, Table
from territory.vocabulary import IdentificationMethod as Method
from tests.unit.portal.papers.small_territory import CITY, DEPARTEMENT, TODAY, facts


def test_it_says_what_the_portal_says() -> None:
    """The same categories, data, durations and grounds, for all its places together."""
    document = write_notice(facts(), CITY)
    methods = (Method.CLICK_THROUGH, Method.SMS_CODE)
    told = sections(methods, facts().law, TODAY, str, AGREED)
    (table,) = (
        b for s in document.sections for b in s.blocks if getattr(b, "title", "") == "Données"
    )
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == [one.heading for one in told]
    for row, one in zip(table.rows, told, strict=True):
        assert row[1].split("\n") == list(one.data)
        assert row[2].startswith(one.kept)
        assert one.source in row[3]
    items = [b.items for s in document.sections for b in s.blocks if isinstance(b, Items)]
    assert RIGHTS in items
    assert any("une administration que la loi y autorise" in one for all_ in items for one in all_)


def test_a_place_that_asks_nobody_says_so() -> None:
    """Click-through alone: no identity, no letter, and the DPO that misses is asked for."""
    document = write_notice(facts(), DEPARTEMENT)
    assert "Nous ne demandons ni votre nom" in str(document)
    assert "5 ans" not in str(document)
    assert "La lettre demande" not in str(document)
    assert [blank.who for blank in document.blanks] == ["l'organisme « Département de la Meuse »"]
