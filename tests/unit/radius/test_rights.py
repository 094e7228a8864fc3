"""A plan's rights as attributes, each in its own vendor's unit (reference: WISPr 1.0, coova-chilli
doc/dictionary.coovachilli, RFC 2865 §5.27, RFC 2869 §5.16)."""

from dataclasses import replace

import pytest

from radius.protocol.attributes import Value, attributes
from radius.protocol.packet import decode, encode
from radius.rights import TABLE, Rights, encode_rights
from territory.vocabulary import AttributeSet
from tests.unit.radius.sample import PLAN

GIBI = 2**30


def described(rights: Rights, *sets: str) -> dict[str, Value]:
    """Return the attributes a NAS of these sets would read."""
    packet = decode(encode(2, 0, bytes(16), encode_rights(rights, sets)))
    return dict(attributes().describe(packet))


STANDARD = {"Session-Timeout": 3600, "Idle-Timeout": 600, "Acct-Interim-Interval": 300}
RATES_WISPR = {"WISPr-Bandwidth-Max-Up": 2_000_000, "WISPr-Bandwidth-Max-Down": 8_000_000}
RATES_CHILLI = {"CoovaChilli-Bandwidth-Max-Up": 2_000, "CoovaChilli-Bandwidth-Max-Down": 8_000}


@pytest.mark.parametrize(
    ("sets", "octets", "expected"),
    [
        ((), None, STANDARD),
        (("standard",), None, STANDARD),
        (("standard", "wispr"), None, STANDARD | RATES_WISPR),
        (("standard", "coovachilli"), None, STANDARD | RATES_CHILLI),
        (("standard", "wispr"), 7 * GIBI, STANDARD | RATES_WISPR),
        (
            ("standard", "coovachilli"),
            GIBI,
            STANDARD | RATES_CHILLI | {"CoovaChilli-Max-Total-Octets": GIBI},
        ),
        (
            ("standard", "coovachilli"),
            7 * GIBI + 5,
            STANDARD
            | RATES_CHILLI
            | {"CoovaChilli-Max-Total-Octets": 3 * GIBI + 5, "CoovaChilli-Max-Total-Gigawords": 1},
        ),
        (
            ("standard", "coovachilli"),
            4 * GIBI,
            STANDARD
            | RATES_CHILLI
            | {"CoovaChilli-Max-Total-Octets": 0, "CoovaChilli-Max-Total-Gigawords": 1},
        ),
        (
            ("standard", "wispr", "coovachilli"),
            1,
            STANDARD | RATES_WISPR | RATES_CHILLI | {"CoovaChilli-Max-Total-Octets": 1},
        ),
    ],
)
def test_rights_become_attributes(
    sets: tuple[str, ...], octets: int | None, expected: dict[str, Value]
) -> None:
    """bit/s for WISPr, kbit/s for CoovaChilli, the gigaword pair over 4 GiB."""
    assert described(Rights(PLAN, 3600, octets), *sets) == expected


def test_no_limit_is_no_attribute() -> None:
    """Zero would mean something else to some gateways."""
    unlimited = replace(PLAN, upload_bps=None, download_bps=None)
    assert described(Rights(unlimited, 3600, None), "wispr", "coovachilli") == STANDARD


def test_a_slow_rate_is_not_rounded_to_no_limit() -> None:
    """0 kbit/s means no limit to CoovaChilli."""
    slow = replace(PLAN, upload_bps=999, download_bps=1500)
    rates = described(Rights(slow, 3600, None), "coovachilli")
    assert rates["CoovaChilli-Bandwidth-Max-Up"] == 1
    assert rates["CoovaChilli-Bandwidth-Max-Down"] == 1


def test_a_rate_beyond_32_bits_is_the_greatest() -> None:
    """A 10 Gbit/s plan must not wrap around to a slow one."""
    fast = replace(PLAN, download_bps=10_000_000_000)
    rates = described(Rights(fast, 3600, None), "wispr")
    assert rates["WISPr-Bandwidth-Max-Down"] == 2**32 - 1


def test_every_set_of_the_table_is_one_a_nas_may_have() -> None:
    """The table and the territory's vocabulary name the same sets."""
    assert {row.attribute_set for row in TABLE} == {s.value for s in AttributeSet}
