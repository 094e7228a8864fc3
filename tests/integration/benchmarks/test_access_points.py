"""The access points that supervision's benchmark asks: their own BER is what others read."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from supervision.snmp.objects import IF_NAME, IF_TYPE, SYS_OBJECT_ID, SYS_UP_TIME
from supervision.snmp.session import Session
from territory.model import SnmpEntry
from territory.vocabulary import SnmpVersion


@pytest.fixture
def port() -> Iterator[int]:
    """Where they all answer."""
    command = (sys.executable, "-m", "tests.benchmarks.access_points")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.terminate()


@pytest.mark.parametrize("address", ["127.1.0.1", "127.1.39.16"])
async def test_each_address_answers_for_itself(port: int, address: str) -> None:
    """GET, what is absent, and a walk to the end of a column and of everything."""
    access = SnmpEntry(version=SnmpVersion.V2C, port=port, community="lecture")
    session = Session(address, access, 5.0)
    found = await session.get([SYS_OBJECT_ID, SYS_UP_TIME.oid, "1.3.6.1.9.9"])
    assert found == {SYS_OBJECT_ID: "1.3.6.1.4.1.41112", SYS_UP_TIME.oid: 123_456_789}
    assert await session.walk(IF_TYPE) == dict.fromkeys("1234", 6)
    assert await session.walk(IF_NAME) == {n: f"eth{n}".encode() for n in "1234"}
    assert (await session.walk("1.3.6.1.2.1.31.1.1.1.6"))["2"] == 2**44 + 12
    assert await session.walk("1.3.6.1.4.1.41112.1.6.1.2.1.8") == {"1": 11, "2": 22}
    assert await session.walk("1.3.6.1.4.1.99999") == {}
