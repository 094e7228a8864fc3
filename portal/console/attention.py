"""What needs an operator now, most pressing first, from what is known of the territory. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.console.discards import CLEAR_FROM_PUBLIC, UNKNOWN_NAS, Discard, SetAside
from portal.console.estate import Nas
from portal.console.live_picture import Spot, worst_first
from territory.health.states import State
from territory.law.decisions import Coverage


class Weight(StrEnum):
    """How pressing; also the colour's name."""

    BAD = "bad"
    WARN = "warn"
    GOOD = "good"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at."""

    weight: Weight
    title: str
    detail: str
    page: str
    """Name of the console's page where it is dealt with."""
    code: str = ""
    """The site it is about, where the page is a site's."""


MOST_SITES = 12
"""Failing sites that are told one by one."""
_WEIGHTS = {State.DOWN: Weight.BAD, State.DEGRADED: Weight.WARN}


def site_items(spots: Iterable[Spot], *, in_detail: bool) -> list[Item]:
    """Sites where people cannot get online, then those where part of the equipment fails."""
    failing = [spot for spot in worst_first(spots) if spot.state in _WEIGHTS]
    shown = [_of_site(spot, in_detail=in_detail) for spot in failing[:MOST_SITES]]
    if more := len(failing) - len(shown):
        shown.append(Item(Weight.WARN, f"Et {more} lieux de plus", "Le pire d'abord.", "sites"))
    return shown


def _of_site(spot: Spot, *, in_detail: bool) -> Item:
    title = f"{spot.name}\u00a0: {spot.state.french}"
    return Item(_WEIGHTS[spot.state], title, spot.words(in_detail), "site", spot.code)


def radius_items(
    all_nas: Sequence[Nas], discards: Sequence[Discard], aside: Sequence[SetAside]
) -> list[Item]:
    """What RADIUS refused or could not record, and NAS that were never heard."""
    unknown = {found.source_address for found in discards if found.reason == UNKNOWN_NAS}
    public = {found.source_address for found in discards if found.reason == CLEAR_FROM_PUBLIC}
    unsigned = [nas.code for nas in all_nas if nas.is_unsigned]
    rotating = [nas.code for nas in all_nas if nas.uses_old_secret]
    silent = [nas.code for nas in all_nas if nas.last_seen_at is None]
    facts = (
        (
            unknown,
            Weight.WARN,
            "Est-ce votre nouvelle passerelle\u00a0?",
            "Adresse inconnue qui nous appelle\u00a0: ",
        ),
        (
            public,
            Weight.WARN,
            "RADIUS en clair depuis Internet, refusé",
            "Passez par un tunnel ou par RadSec. Adresse publique\u00a0: ",
        ),
        (
            [found.nas_code for found in aside],
            Weight.WARN,
            "Des enregistrements sont mis de côté",
            "Reçus de\u00a0: ",
        ),
        (unsigned, Weight.WARN, "Des NAS ne signent pas leurs requêtes", ""),
        (rotating, Weight.PLAIN, "Des NAS n'ont pas encore leur nouveau secret", ""),
        (silent, Weight.PLAIN, "Des NAS n'ont encore rien envoyé", ""),
    )
    return [
        Item(weight, title, f"{lead}{listed(names)}.", "equipment")
        for names, weight, title, lead in facts
        if names
    ]


def listed(names: Iterable[str], most: int = 4) -> str:
    """Return the first names, each once, and how many more there are."""
    different = sorted(set(names))
    shown = ", ".join(different[:most])
    return f"{shown} et {len(different) - most} de plus" if len(different) > most else shown


def operator_items(waiting: Sequence[str]) -> list[Item]:
    """Operators who have not come in for the first time."""
    if not waiting:
        return []
    return [
        Item(
            Weight.PLAIN,
            "Des opérateurs n'ont pas encore ouvert de session",
            f"{listed(waiting)}. Un lien d'accès s'obtient sur leur fiche.",
            "operators",
        )
    ]


def injunction_items(known: Coverage, today: date) -> list[Item]:
    """What is to be decided on injunctions, for whoever may: on every day until it is."""
    page, ask = "injunctions", "Enregistrez le décret paru, ou qu'il n'y en a pas."
    if known.undecided_from and known.lost_from:
        lost = f"Sans décision, des données seraient à effacer le {known.lost_from:%d/%m/%Y}."
        title = "Une décision manque sur l'injonction de conserver"
        return [Item(Weight.BAD, title, f"{lost} {ask}", page)]
    if known.asks(today):
        title = f"Aucune injonction décidée à partir du {known.decided_until:%d/%m/%Y}"
        return [Item(Weight.WARN, title, ask, page)]
    return []


def all_is_well(items: Sequence[Item], page: str) -> list[Item]:
    """The items, or one that says that nothing waits."""
    if items:
        return list(items)
    return [Item(Weight.GOOD, "Rien ne vous attend", "Tout ce qui est surveillé répond.", page)]
