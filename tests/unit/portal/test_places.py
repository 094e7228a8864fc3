"""A gateway is found by the name it gives, and only in its own dialect."""

from uuid import uuid4

from portal.gateways import coovachilli, unifi
from portal.gateways.vocabulary import Registration
from portal.places import Gate, Organisation, Place, Plan, Territory, publisher_of
from territory.gateway_dialects import DIALECTS, usual_variant
from territory.vocabulary import Brand

TOWN = Organisation("Ville de Commercy", "commune", "a@example.org")
COUNTY = Organisation("Département de la Meuse", "departement", "b@example.org")
UNION = Organisation("Communauté de communes", "epci", "c@example.org")


def place(name: str, commune: str, *, listed: bool = True) -> Place:
    """Return a place."""
    return Place(uuid4(), name, commune, "", "mairie", "", listed, TOWN, Plan(uuid4(), 60, None))


def gate(code: str, brand: str) -> Gate:
    """Return a gateway."""
    dialect = DIALECTS[Brand(brand)][usual_variant(Brand(brand))]
    return Gate(code, Registration("10.1.0.1", "", None), place("Mairie", "Commercy"), dialect)


def test_by_code_or_by_identifier() -> None:
    """A NAS-Identifier may differ from the code; both lead to the same gateway."""
    chilli = gate("gw", "coovachilli")
    territory = Territory(gates={"gw": chilli}, names={"gw": "gw", "lab-chilli": "gw"})
    assert territory.gate_named(coovachilli, "lab-chilli") is chilli
    assert territory.gate_named(coovachilli, "gw") is chilli
    assert territory.gate_named(coovachilli, "other") is None


def test_only_in_its_own_dialect() -> None:
    """uspot speaks CoovaChilli's; UniFi does not."""
    territory = Territory(gates={"gw": gate("gw", "uspot")}, names={"gw": "gw"})
    assert territory.gate_named(coovachilli, "gw") is not None
    assert territory.gate_named(unifi, "gw") is None


def test_by_an_access_point_of_its_site() -> None:
    """A site may have gateways of several brands: the one that speaks so is meant."""
    gates = {code: gate(code, brand) for code, brand in (("a", "unifi"), ("b", "coovachilli"))}
    mac = "02:55:00:00:00:31"
    territory = Territory(gates=gates, radios={mac: ("a", "b", "gone")})
    assert territory.gate_named(coovachilli, mac) is gates["b"]
    assert territory.gate_named(unifi, mac) is gates["a"]
    assert territory.gate_named(unifi, "02:55:00:00:00:32") is None


def test_listed_places_are_sorted_and_unlisted_ones_left_out() -> None:
    """By commune, then name; a shelter stays off the public home."""
    places = (
        place("Mairie", "Void"),
        place("Médiathèque", "Commercy"),
        place("Mairie", "Commercy"),
        place("Foyer", "Commercy", listed=False),
    )
    found = [(p.commune, p.name) for p in Territory(places=places).listed]
    assert found == [("Commercy", "Mairie"), ("Commercy", "Médiathèque"), ("Void", "Mairie")]


def test_who_publishes() -> None:
    """The département, else the EPCI, else whoever comes first."""
    assert publisher_of([TOWN, UNION, COUNTY]) is COUNTY
    assert publisher_of([TOWN, UNION]) is UNION
    assert publisher_of([TOWN]) is TOWN
    assert publisher_of([]) is None


def test_a_registration_belongs_to_its_gateway() -> None:
    """The adapter follows the brand."""
    assert gate("gw", "coovachilli").adapter is gate("gw", "uspot").adapter
