"""A month's report in words: every figure with its method, what is hidden or unknown said so."""

from dataclasses import replace

from portal.guest.notices import NOTICES
from territory.indicators.figures import Facts
from territory.indicators.month import Month
from territory.indicators.wording import About, as_rows, class_of, describe
from tests.unit.territory.indicators.month_of_october import COMMERCY, FACTS, measured

ABOUT = About(
    month=Month.parse("2026-10"),
    whose="Tout le territoire",
    is_territory=True,
    least=11,
)


def test_every_figure_and_table_has_its_method() -> None:
    """Nothing is printed without saying how it is made."""
    document = describe(measured(), ABOUT)
    assert all(figure.method and figure.value for figure in document.figures)
    assert all(sheet.method for sheet in document.sheets)
    assert all(len(row) == len(sheet.head) for sheet in document.sheets for row in sheet.rows)


def test_what_the_month_comes_to() -> None:
    """Figures as they are read: thousands apart, shares rounded down."""
    told = {
        figure.name: (figure.value, figure.detail) for figure in describe(measured(), ABOUT).figures
    }
    assert told["Lieux en service"] == ("4", "sur 4 décrits")
    assert told["Heures d'ouverture"] == ("800\N{NO-BREAK SPACE}h", "pour les lieux en service")
    assert told["En ligne"] == (
        "1\N{NARROW NO-BREAK SPACE}622",
        "89\N{NO-BREAK SPACE}% des arrivées",
    )
    assert told["Connexions accompagnées"][0] == "123"
    assert told["Disponibilité"][0] == "98,9\N{NO-BREAK SPACE}%"
    assert "2 communes sur 499" in told["Habitants à portée"][1]


def test_a_month_of_nothing_makes_nothing_up() -> None:
    """Without a visit, a judgement or an area, figures are zero or not computed."""
    quiet = tuple(
        replace(
            place,
            sessions=0,
            seconds=0,
            availability=replace(place.availability, up_seconds=0, down_seconds=0),
        )
        for place in FACTS.places
        if place.organisation == COMMERCY.code
    )
    about = replace(ABOUT, whose=COMMERCY.name, is_territory=False)
    document = describe(measured(Facts((COMMERCY,), quiet, ())), about)
    told = {figure.name: figure.value for figure in document.figures}
    assert told["Arrivées"] == told["Sessions"] == told["Lieux en service"] == "0"
    assert told["Disponibilité"] == told["Habitants à portée"] == "non calculé"


def test_small_counts_are_written_as_such() -> None:
    """With their number, and those beside them apart."""
    commercy = next(
        s for s in describe(measured(), ABOUT).sheets if s.title == "Par langue des pages"
    )
    assert ("Arabe", "n. d.", "n. d.") in commercy.rows
    about = replace(ABOUT, is_territory=False, whose=COMMERCY.name)
    places = tuple(each for each in FACTS.places if each.organisation == COMMERCY.code)
    ours = {place.id for place in places}
    own = Facts((COMMERCY,), places, tuple(v for v in FACTS.visits if v.site in ours))
    languages = next(
        s for s in describe(measured(own), about).sheets if s.title == "Par langue des pages"
    )
    assert ("Arabe", "< 11", "< 11") in languages.rows


def test_the_spreadsheet_says_as_much() -> None:
    """Every figure, table and method of the paper is a row of it."""
    document = describe(measured(), ABOUT)
    rows = as_rows(document)
    for figure in document.figures:
        assert (figure.name, figure.value, figure.detail, figure.method) in rows
    for sheet in document.sheets:
        assert set(sheet.rows) <= set(rows)
    assert rows[-1] == (document.remarks[-1],)


def test_reasons_that_guests_are_told_have_a_class() -> None:
    """All but news and what no class fits; a controller's trouble is the equipment's."""
    unsorted = {reason for reason in NOTICES if class_of(reason) == "other"}
    assert unsorted == {
        *("left", "terms", "away", "equipment", "other", "device_elsewhere", "other_site"),
        *("elsewhere", "proven_another", "no_device"),
    }
    assert class_of("controller-silent") == "equipment"
