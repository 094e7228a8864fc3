"""A Cambium access point as simulated: its query is taken back as it was, or not at all."""

from typing import Any

import pytest
from pyrad.packet import AccessAccept, AuthPacket

from simulation.brands.cambium import Cambium, CambiumWords
from simulation.configuration import GatewayConfiguration, Lease
from simulation.events import ignore
from simulation.packets import NO_LIMIT
from simulation.phone_table import PhoneTable
from simulation.subscriber import Rights
from simulation.talk import Asked
from tests.conftest import FixedClock

SOURCE = "127.10.1.11"
WORDS = CambiumWords()
LOGIN = "/cgi-bin/hotspot_login.cgi"
OPTIONS = GatewayConfiguration(
    "gw-salle",
    "127.10.1.1",
    "https://portal.example/gateway/cambium",
    "",
    radius=None,
    leases={SOURCE: Lease("8A-56-7E-F9-10-E4", "10.1.0.2")},
    brand="cambium",
)


async def captured(clock: FixedClock) -> tuple[Cambium, str]:
    """Return an access point that has sent a phone away, and with which query."""
    table = PhoneTable(OPTIONS, clock, ignore, WORDS)
    await table.appear(SOURCE)
    brand = Cambium(table)
    return brand, brand.captured(SOURCE, "http://a-site.test/").location.partition("?")[2]


async def test_the_redirect_by_the_documents(clock: FixedClock) -> None:
    """Names and order; the sealed text has escapes of both cases, a plus and equals signs."""
    _, query = await captured(clock)
    pairs = [pair.partition("=") for pair in query.split("&")]
    assert [name for name, _, _ in pairs] == [
        "ga_ssid",
        "ga_ap_mac",
        "ga_nas_id",
        "ga_srvr",
        "ga_cmac",
        "ga_Qv",
        "ga_orig_url",
    ]
    assert {"%5C", "%2f", "+"} <= {mark for mark in ("%5C", "%2f", "+") if mark in pairs[5][2]}
    assert pairs[5][2].endswith("=")


async def test_only_the_query_that_was_given_is_taken_back(clock: FixedClock) -> None:
    """Escaped once more, tidied or cut: "truncated query strings"; whole, RADIUS is asked."""
    brand, query = await captured(clock)
    form = {"ga_user": "u", "ga_pass": "p"}
    for wrong in (query.replace("%2f", "%252f"), query.replace("%2f", "%2F"), query[:-1], ""):
        assert (await brand.log_in(SOURCE, Asked("POST", LOGIN, wrong, form=form))).status == 400
    right = await brand.log_in(SOURCE, Asked("POST", LOGIN, query, form=form))
    assert right.location.startswith(OPTIONS.portal)  # no RADIUS here: sent to begin again
    assert (await brand.log_in(SOURCE, Asked("GET", LOGIN, query))).status == 400


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"Cambium-Traffic-Quota-Limit-Up": 5}, Rights(upload_octets=5)),
        ({"Cambium-Traffic-Quota-Limit-Down": 5}, Rights(download_octets=5)),
        (
            {
                "Cambium-Traffic-Quota-Limit-Total": 5,
                "Cambium-Traffic-Quota-Limit-Total-Gigawords": 1,
            },
            Rights(total_octets=(1 << 32) + 5),
        ),
    ],
)
def test_quotas(attributes: dict[str, Any], expected: Rights) -> None:
    """In octets, with gigawords."""
    accept = AuthPacket(code=AccessAccept, dict=WORDS.dictionary)
    for name, value in attributes.items():
        accept[name] = value
    assert WORDS.rights(accept, NO_LIMIT) == expected
