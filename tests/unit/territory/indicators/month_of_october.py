"""A month of a small territory, to be measured and printed by tests."""

from uuid import UUID

from territory.communes.national_list import national_list
from territory.indicators.figures import Facts, Figures, Organisation, Place, Visits, measure
from territory.indicators.reach import Body, Reach, reach
from territory.indicators.wording import class_of
from territory.rules.availability import Availability

MEUSE = Organisation("meuse", "Département de la Meuse", Body("departement", "225500016"))
COMMERCY = Organisation("commercy", "Commune de Commercy", Body("commune", "215501229"))
_STEPS = (
    ("arrived", ""),
    ("begun", "click_through"),
    ("identified", "click_through"),
    ("admitted", "click_through"),
    ("online", "click_through"),
)


def place(number: int, name: str, organisation: Organisation, *, listed: bool = True) -> Place:
    """A place open 200 hours, down for two of them, with 3 sessions an hour and more."""
    return Place(
        id=UUID(int=number),
        name=name,
        organisation=organisation.code,
        insee="55122" if number % 2 else "55463",
        listed=listed,
        open_seconds=720_000,
        availability=Availability(710_000, 7_200, 2_800, 0),
        sessions=600 * number,
        seconds=2_000_000 * number,
    )


def visits(number: int, language: str, *came: int, method: str = "click_through") -> list[Visits]:
    """Visits at a place, by how many came to each step."""
    return [
        Visits(UUID(int=number), step, method if step_method else "", language, "", many)
        for (step, step_method), many in zip(_STEPS, came, strict=True)
    ]


FACTS = Facts(
    organisations=(COMMERCY, MEUSE),
    places=(
        place(1, "Médiathèque de Commercy", COMMERCY),
        place(2, "Mairie de Commercy", COMMERCY),
        place(3, "Maison de la solidarité de Verdun", MEUSE, listed=False),
        place(4, "Bibliobus", MEUSE),
    ),
    visits=(
        *visits(1, "fr", 900, 860, 850, 849, 800),
        *visits(1, "de", 60, 58, 57, 57, 55),
        *visits(1, "fr", 0, 120, 82, 82, 80, method="email_code"),
        *visits(1, "fr", 0, 31, 31, 31, 29, method="ticket"),
        *visits(1, "ar", 9, 9, 8, 8, 7),
        *visits(2, "fr", 410, 400, 399, 397, 380),
        *visits(2, "nl", 40, 40, 40, 40, 36),
        *visits(3, "fr", 75, 70, 70, 70, 66, method="ticket"),
        *visits(3, "uk", 30, 29, 29, 29, 28, method="ticket"),
        *visits(4, "fr", 150, 140, 138, 137, 121),
        *visits(4, "ar", 24, 22, 21, 21, 20),
        Visits(UUID(int=1), "refused", "", "fr", "closed", 44),
        Visits(UUID(int=1), "refused", "sms_code", "fr", "sms_gone", 17),
        Visits(UUID(int=4), "refused", "", "fr", "controller-silent", 12),
    ),
)


def _reach(bodies: list[Body], sites: list[str], in_service: list[str]) -> Reach | None:
    return reach(bodies, sites, in_service, national_list())


def measured(facts: Facts = FACTS, least: int = 11) -> Figures:
    """The month's figures."""
    return measure(facts, least, _reach, class_of)
