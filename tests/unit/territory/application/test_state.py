"""The port for CoA that a description leaves out is its brand's, and stays what files meant."""

import pytest

from territory.application.state import Kind, described_state
from territory.model import TerritoryFile
from territory.vocabulary import Brand


def port_of(brand: Brand, **nas: int) -> object:
    """Return the CoA port that a gateway's NAS has in the database."""
    gateway = {
        "code": "g",
        "brand": brand,
        "login_address": "10.1.0.1:80",
        "nas": [{"code": "n", "source_address": "10.1.0.1", **nas}],
    }
    description = {
        "territory": {"departement": "55"},
        "organisations": [{"code": "b", "name": "B", "kind": "commune", "contact": "a@b.example"}],
        "plans": [{"code": "p", "name": "P", "session": "4h"}],
        "sites": [
            {
                "code": "s",
                "name": "S",
                "organisation": "b",
                "place_type": "mairie",
                "link": "tunnel",
                "plan": "p",
                "networks": [{"ssid": "W"}],
                "gateways": [gateway],
            }
        ],
    }
    state = described_state(TerritoryFile.model_validate(description))
    return state[Kind.NAS]["n"]["coa_port"]


@pytest.mark.parametrize("brand", ["coovachilli", "opennds", "uspot"])
def test_a_port_left_out_stays_3799_for_every_brand_there_was(brand: str) -> None:
    """Files written before ports had brands mean what they meant (RFC 5176 §2.3)."""
    assert port_of(Brand(brand)) == 3799


def test_a_port_left_out_is_the_brand_s() -> None:
    """Cisco WLC: 1700, as some versions ignore 3799; one that is written counts for any brand."""
    assert port_of(Brand.CISCO) == 1700
    assert port_of(Brand.CISCO, coa_port=3799) == 3799
    assert port_of(Brand.COOVACHILLI, coa_port=1700) == 1700
