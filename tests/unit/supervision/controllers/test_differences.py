"""A controller's list beside the description: joined by MAC address, each site by itself."""

from supervision.controllers.adopted import Adopted
from supervision.controllers.differences import MOST_TOLD, Described, Stranger, compare
from territory.identifiers import MacAddress


def mac(number: int) -> MacAddress:
    """The address of an access point."""
    return MacAddress.parse(f"02-55-00-00-{number >> 8:02x}-{number & 255:02x}")


def adopted(number: int, name: str = "Borne") -> Adopted:
    """An access point that is online."""
    return Adopted(mac(number), name, online=True)


DESCRIBED = {
    mac(1): Described("ap-1", "mairie"),
    mac(2): Described("ap-2", "mairie"),
    mac(3): Described("ap-3", "ecole"),
}


def test_nothing_differs() -> None:
    """All that is described there is adopted there, and nothing else."""
    found = compare("mairie", [adopted(2), adopted(1)], DESCRIBED)
    assert (found.strangers, found.missing) == ((), ())


def test_both_ways() -> None:
    """Described elsewhere, described nowhere, and described there but not adopted."""
    found = compare("mairie", [adopted(1), adopted(3), adopted(9, "Neuve")], DESCRIBED)
    assert found.strangers == (
        Stranger("Borne", str(mac(3)), "ecole"),
        Stranger("Neuve", str(mac(9)), None),
    )
    assert found.missing == ("ap-2",)


def test_a_list_of_thousands_is_cut() -> None:
    """What would help nobody is not kept."""
    found = compare("mairie", [adopted(number) for number in range(10, 2_000)], {})
    assert len(found.strangers) == MOST_TOLD
    described = {mac(number): Described(f"ap-{number}", "mairie") for number in range(2_000)}
    assert len(compare("mairie", [], described).missing) == MOST_TOLD
