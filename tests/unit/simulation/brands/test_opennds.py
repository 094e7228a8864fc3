"""The simulated openNDS writes what the real one wrote."""

from base64 import b64decode
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from simulation.brands.opennds import enciphered, return_hash
from tests.servers.opennds_recording import FASKEY, recorded


@pytest.mark.parametrize("level", ["2", "3"])
def test_the_recorded_list_enciphered(level: str) -> None:
    """Under the recorded key and vector it comes out character for character."""
    told = recorded()
    sent = parse_qs(urlsplit(told[f"redirect-{level}"]).query)
    (iv,) = sent["iv"]
    assert enciphered(told[f"list-{level}"], FASKEY, iv) == sent["fas"][0]


def test_the_recorded_return_hash() -> None:
    """What the real daemon acknowledged is the hash of the token it told when the client left."""
    payload = dict(parse_qsl(recorded()["poll-ack"]))["payload"]
    assert b64decode(payload).decode() == f"* {return_hash('b6a05e4e', FASKEY)}"
