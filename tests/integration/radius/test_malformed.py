"""The whole table of malformed packets against the running server, each counted by its reason."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from itertools import count, takewhile

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from tests.integration.radius.conftest import WAIT_SECONDS, Lab
from tests.servers.malformed_packets import ACCESS, MALFORMED
from tests.servers.radius import Nas

SENT = [case for case in MALFORMED if case.octets]
"""asyncio sends no empty datagram; the unit test has it."""


def outcomes(lab: Lab) -> Counter[tuple[str, str]]:
    """What became of every packet so far, by port and word."""
    counted = Counter({(kind, why): n for (kind, why), n in lab.server.counters.discarded.items()})
    for (code, why), n in lab.server.counters.answered.items():
        counted["access" if code.startswith("access") else "accounting", str(why)] += n
    return counted


async def test_every_malformed_packet_is_counted_by_its_reason(lab: Lab) -> None:
    """Each from a port of its own, so that none is taken for another's duplicate."""
    before = outcomes(lab)
    async with AsyncExitStack() as stack:
        for case in SENT:
            port = lab.access.port if case.kind == ACCESS else lab.accounting.port
            nas = await stack.enter_async_context(Nas(port))
            nas.send(case.octets)
        async with asyncio.timeout(WAIT_SECONDS):
            for _ in takewhile(lambda _: (outcomes(lab) - before).total() < len(SENT), count()):
                await asyncio.sleep(0)
    expected = Counter((case.kind, case.outcome) for case in SENT)
    assert outcomes(lab) - before == expected
    registry = CollectorRegistry()
    registry.register(lab.server.counters)
    measures = generate_latest(registry).decode()
    for (kind, reason), number in expected.items():
        if "_" not in reason:
            line = f'socle_radius_discards_total{{kind="{kind}",reason="{reason}"}} '
            assert line + f"{float(number)}" in measures
