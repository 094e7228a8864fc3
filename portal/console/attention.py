"""What needs an operator now, most pressing first, from what is known of the territory. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.console.estate import CLEAR_FROM_PUBLIC, UNKNOWN_NAS, Discard, Health, SetAside, Site


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


def site_items(sites: Iterable[Site]) -> list[Item]:
    """Sites where people cannot get online, then those where part of the equipment fails."""
    failing = [site for site in sites if site.health in {Health.DOWN, Health.DEGRADED}]
    return [
        Item(
            Weight.BAD if site.health is Health.DOWN else Weight.WARN,
            f"{site.name}\u00a0: {site.health.french}",
            _why(site),
            "site",
            site.code,
        )
        for site in sorted(failing, key=lambda site: (-site.health.rank, site.name))
    ]


def _why(site: Site) -> str:
    named = [(nas.code, nas.reading) for nas in site.nas]
    named += [(radio.name, radio.reading) for radio in site.access_points]
    failing = [(name, reading) for name, reading in named if reading.health is Health.DOWN]
    if not failing:
        return "Une partie de l'équipement répond mal."
    first, reading = failing[0]
    more = f" et {len(failing) - 1} de plus" if len(failing) > 1 else ""
    why = reading.reason or "ne répond pas"
    end = "" if why.endswith((".", "?")) else "."
    return f"{first}{more}\u00a0: {why}{end}"


def radius_items(
    sites: Iterable[Site], discards: Sequence[Discard], aside: Sequence[SetAside]
) -> list[Item]:
    """What RADIUS refused or could not record, and NAS that were never heard."""
    all_nas = [nas for site in sites for nas in site.nas]
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
        Item(weight, title, f"{lead}{_listed(names)}.", "equipment")
        for names, weight, title, lead in facts
        if names
    ]


def _listed(names: Iterable[str], most: int = 4) -> str:
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
            f"{_listed(waiting)}. Un lien d'accès s'obtient sur leur fiche.",
            "operators",
        )
    ]


def all_is_well(items: Sequence[Item], page: str) -> list[Item]:
    """The items, or one that says that nothing waits."""
    if items:
        return list(items)
    return [Item(Weight.GOOD, "Rien ne vous attend", "Tout ce qui est surveillé répond.", page)]
