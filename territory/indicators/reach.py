"""The share of inhabitants who live in a commune with at least one place in service. Pure.

Populations are INSEE's municipal ones, of the list that ships with Socle (`territory.communes`).
Whose inhabitants: of the département of the sites where an organisation is one; else of the EPCI
that an organisation is, by its SIREN. Where neither is described, or no population is published,
there is no figure. To live in the same commune is not to live near: nothing is said of distances.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from territory.communes.national_list import Commune, NationalList
from territory.vocabulary import OrganisationKind


@dataclass(frozen=True, slots=True)
class Body:
    """An organisation, as far as its area goes."""

    kind: str
    """`OrganisationKind`."""
    siren: str | None
    """9 digits."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Inhabitants of an area, and of its communes with a place."""

    communes: int
    """With at least one place in service."""
    of_communes: int
    """In the area."""
    inhabitants: int
    """Of the former."""
    of_inhabitants: int
    """Of the latter; more than none."""

    @property
    def share(self) -> float:
        """0 to 1."""
        return self.inhabitants / self.of_inhabitants


def reach(
    bodies: Iterable[Body], sites: Iterable[str], in_service: Iterable[str], known: NationalList
) -> Reach | None:
    """Return how far the places reach; None: it cannot be computed.

    Args:
        bodies: the organisations that are looked at.
        sites: INSEE codes of their sites, in service or not.
        in_service: INSEE codes of those in service.
        known: every commune.
    """
    area = _area(list(bodies), _communes(sites, known), known)
    covered = _communes(in_service, known) & area
    inhabitants = sum(commune.population or 0 for commune in area)
    if not inhabitants:
        return None
    return Reach(
        communes=len(covered),
        of_communes=len(area),
        inhabitants=sum(commune.population or 0 for commune in covered),
        of_inhabitants=inhabitants,
    )


def _area(bodies: list[Body], sites: set[Commune], known: NationalList) -> set[Commune]:
    if any(body.kind == OrganisationKind.DEPARTEMENT for body in bodies):
        departements = {commune.departement for commune in sites}
        return {commune for commune in known.communes if commune.departement in departements}
    sirens = {body.siren for body in bodies if body.kind == OrganisationKind.EPCI and body.siren}
    return {commune for commune in known.communes if commune.intercommunal_siren in sirens}


def _communes(codes: Iterable[str], known: NationalList) -> set[Commune]:
    """Return the communes that INSEE codes mean today."""
    found = (known.find(code) or known.successor(code) for code in codes)
    return {commune for commune in found if commune is not None}
