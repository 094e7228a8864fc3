"""/metrics and /healthz of the running server, as Prometheus and a monitor read them."""

import asyncio
import json
import re
import shutil
import subprocess

import pytest
from aiohttp import ClientSession

from tests.integration.radius.conftest import Lab
from tests.servers.radius import report

DEVICE = "8A-56-7E-F9-10-E4"


async def fetch(url: str) -> tuple[int, str]:
    """Return status and body of a page."""
    async with ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


@pytest.fixture
def page(lab: Lab) -> str:
    """Where the measures are."""
    return f"http://127.0.0.1:{lab.server.metrics_port}"


async def test_prometheus_reads_the_measures_without_complaint(lab: Lab, page: str) -> None:
    """`promtool check metrics` has nothing to say; nobody is in a label."""
    credential = await lab.grant()
    await lab.access.ask(lab.access.log_in(credential, DEVICE))
    await lab.accounting.ask(lab.accounting.accounting_request(report(1, "s", credential, DEVICE)))
    status, text = await fetch(f"{page}/metrics")
    assert status == 200
    promtool = shutil.which("promtool")
    assert promtool, "prometheus is on the list of system packages"
    checked = await asyncio.to_thread(
        subprocess.run, [promtool, "check", "metrics"], input=text.encode(), capture_output=True
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")
    assert 'socle_radius_replies_total{code="access_accept",reason="first_use"} 1.0' in text
    assert "socle_radius_ledger_open 1.0" in text
    for private in (credential.user_name, DEVICE.lower(), DEVICE, "127.0.0.1"):
        assert private not in text


async def test_the_clock_of_a_nas_is_compared_with_ours(lab: Lab, page: str) -> None:
    """What its record says of when it happened, its delay allowed for, beside our own clock."""
    credential = await lab.grant()
    told = int(lab.clock.now().timestamp()) + 80
    record = report(1, "s", credential, DEVICE, time=told, delay=10)
    await lab.accounting.ask(lab.accounting.accounting_request(record))
    _, text = await fetch(f"{page}/metrics")
    found = re.search(r'socle_radius_nas_clock_offset_seconds\{nas="[a-z-]+"\} ([0-9.]+)', text)
    assert found
    assert float(found[1]) == pytest.approx(90, abs=2)
    assert "socle_radius_nas_last_accounting_timestamp_seconds{" in text


async def test_health_says_whether_the_database_and_the_ledger_are_there(page: str) -> None:
    """200 and each check by name."""
    status, text = await fetch(f"{page}/healthz")
    assert status == 200
    assert {name: check["ok"] for name, check in json.loads(text)["checks"].items()} == {
        "database": True,
        "ledger": True,
    }
