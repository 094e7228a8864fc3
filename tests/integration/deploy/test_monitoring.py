"""What a base shows of itself, as a real Prometheus reads it: nobody's data, and every answer.

One base lives for this file: its four components, a guest who got online, a gateway that does not
sign and whose clock is wrong, somebody who is refused, a redirect that is not believed.
"""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
import pytest_asyncio
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from deploy.stack.alerting import RULES
from deploy.stack.dashboards import FOLDER
from deploy.stack.scraping import scrape_configuration
from radius.exchange import ACCESS, ACCOUNTING
from supervision.alerts.questions import WANTED
from supervision.alerts.reading import Reader, targets_of
from supervision.snmp.exposition import lines, page
from territory.database.components import Component
from territory.database.connect import component_url, open_engine
from territory.keyring import Keyring
from territory.probes import probe_code
from tests.servers.prometheus import Prometheus, hasten, running_prometheus
from tests.servers.questions import questions_of_dashboards, questions_of_rules, unanswered
from tests.servers.radius import Credential, Nas, attribute, report
from tests.servers.whole_base import SITE, WholeBase, running_base
from tests.unit.supervision.snmp.test_exposition import FULL, NAME, TOTALS

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(600)]

ANSWER_SECONDS = 120
STRANGER = Credential(None, "dupont@example.org", "0612345678")  # type: ignore[arg-type]
DEVICE = "8A-56-7E-F9-10-E4"
AHEAD_SECONDS = 900
PRIVATE = re.compile(
    r"([0-9a-f]{2}[:-]){5}[0-9a-f]{2}|\b[0-9a-f]{12}\b"  # a MAC address
    r"|\d{1,3}(\.\d{1,3}){3}|[0-9a-f]{1,4}(:[0-9a-f]{0,4}){2,}"  # an address
    r"|@|\+?\d{9,}"  # a mail address, a telephone number
    r"|[0-9a-f]{8}-[0-9a-f]{4}-",  # an identifier
    re.IGNORECASE,
)
DOCUMENTED = re.compile(r"^\| `([a-z_]+)` \| (\w+) \| ([a-z_, ]*) \| (.+) \|$", re.MULTILINE)
NAS_CODE = f"{SITE}-nas"
ONLY_WITH_TLS = {
    "socle_portal_certificate_ends_timestamp_seconds",
    "socle_supervision_portal_certificate_ends_timestamp_seconds",
}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def base(
    tmp_path_factory: pytest.TempPathFactory, module_database_url: str, keyring: Keyring
) -> AsyncIterator[WholeBase]:
    """A base to which all of that has happened."""
    folder = tmp_path_factory.mktemp("base")
    async with running_base(folder, module_database_url, keyring) as base:
        await _happen(base, 1)
        yield base


async def _happen(base: WholeBase, number: int) -> None:
    """Have all of it happen: a guest gets online, and a gateway and a stranger misbehave."""
    await base.let_a_guest_in(number)
    await _misbehave(base)


async def _misbehave(base: WholeBase) -> None:
    """Send what is refused, unsigned, late or forged, with a person's data wherever it fits."""
    address = base.gateway.configuration.address
    async with (
        Nas(base.radius.port(ACCESS), address=address) as access,
        Nas(base.radius.port(ACCOUNTING), address=address) as accounting,
        aiohttp.ClientSession() as http,
    ):
        refused = await access.ask(access.log_in(STRANGER, DEVICE))
        assert refused.code == 3
        unsigned = attribute(1, STRANGER.user_name) + attribute(2, bytes(16))
        await access.ask(access.access_request(unsigned, signed=False))
        told = int(time.time()) + AHEAD_SECONDS
        record = report(1, "session-of-dupont", STRANGER, DEVICE, time=told)
        await accounting.ask(accounting.accounting_request(record))
        portal = base.settings.portal.public_url
        for path in (
            f"/gateway/coovachilli?res=notyet&mac={DEVICE}&nasid=10.1.2.3&uid={STRANGER.user_name}",
            f"/gateway/{DEVICE}?mac={DEVICE}",
            f"/identification/{STRANGER.user_name}?visit={DEVICE}&lang=0612345678",
            f"/lieu/{STRANGER.user_name}",
        ):
            async with http.get(portal + path) as answer:
                assert answer.status in {400, 404}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def shown(base: WholeBase) -> dict[str, list[Metric]]:
    """What each component shows, read as Prometheus reads it."""
    async with asyncio.timeout(ANSWER_SECONDS), aiohttp.ClientSession() as http:
        # Until the synthetic guest has come.
        while probe_code(NAS_CODE) not in str(found := await _scraped(base, http)):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    return found


async def _scraped(base: WholeBase, http: aiohttp.ClientSession) -> dict[str, list[Metric]]:
    found = {}
    for name, url in base.measures.items():
        async with http.get(f"{url}/metrics") as answer:
            families = text_string_to_metric_families(await answer.text())
            found[name] = [each for each in families if not each.name.endswith("_created")]
    return found


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def prometheus(
    base: WholeBase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Prometheus]:
    """A Prometheus that scrapes this base, told so by `socle prometheus`."""
    folder = tmp_path_factory.mktemp("prometheus")
    configuration = hasten(folder, scrape_configuration(base.settings, "127.0.0.1"))
    async with running_prometheus(configuration) as running:
        async with asyncio.timeout(ANSWER_SECONDS):
            while not await running.query('sum(up{job="socle"}) == 5'):  # noqa: ASYNC110
                await asyncio.sleep(0.2)
        await _happen(base, 2)
        yield running


async def test_no_label_tells_of_anybody(base: WholeBase, shown: dict[str, list[Metric]]) -> None:
    """Every label of every series: no device, address, person, session or opaque name."""
    names = await base.fetch("SELECT user_name, id::text FROM live.admission")
    sessions = await base.fetch("SELECT acct_session_id, device::text FROM live.session")
    assert names, "a guest got in"
    assert len(sessions) >= 2, "the guest and the stranger had a session"
    private = {str(value) for row in names + sessions for value in row}
    for component, families in shown.items():
        for sample in (sample for family in families for sample in family.samples):
            for label, value in sample.labels.items():
                if label != "le":
                    assert not PRIVATE.search(value), (component, sample)
                    assert value not in private, (component, sample)


async def test_series_are_bounded_by_the_fleet(shown: dict[str, list[Metric]]) -> None:
    """A site or a NAS in a label is one that is described; nothing that was sent makes a series."""
    of_site, of_nas = set(), set()
    for sample in (s for families in shown.values() for family in families for s in family.samples):
        of_site.add(sample.labels.get("site", ""))
        of_nas.add(sample.labels.get("nas", ""))
        assert not {"dupont", "0612345678"} & set(sample.labels.values())
    assert of_site == {"", SITE}
    assert of_nas == {"", NAS_CODE, probe_code(NAS_CODE)}


async def test_every_measure_is_documented(shown: dict[str, list[Metric]]) -> None:
    """docs/metrics.md names each family with its kind, every label it may have, and its meaning."""
    documented = {
        name: (kind, set(filter(None, labels.split(", "))), meaning)
        for name, kind, labels, meaning in DOCUMENTED.findall(
            (RULES.parents[2] / "docs" / "metrics.md").read_text()
        )
    }
    found = {_name(family): family for families in shown.values() for family in families}
    by_snmp = page([lines(NAME, FULL, TOTALS)], open_metrics=False)
    found |= {_name(family): family for family in text_string_to_metric_families(by_snmp)}
    assert sorted(documented.keys() - ONLY_WITH_TLS) == sorted(found)
    for name, family in found.items():
        kind, labels, meaning = documented[name]
        assert (kind, meaning) == (family.type, family.documentation), name
        used = {label for sample in family.samples for label in sample.labels}
        assert used - {"le"} <= labels, name


def _name(family: Metric) -> str:
    return f"{family.name}_total" if family.type == "counter" else family.name


async def test_alerts_without_prometheus_read_the_same(
    base: WholeBase, shown: dict[str, list[Metric]]
) -> None:
    """Every process answers who reads as Prometheus does, and shows every measure asked of it."""
    names = {_name(family) for families in shown.values() for family in families}
    assert {name.removesuffix("_bucket") for name in WANTED} - names <= ONLY_WITH_TLS
    engine = open_engine(component_url(base.owner_url, Component.SUPERVISION, None))
    registry = CollectorRegistry()
    last = "socle_supervision_last_round_timestamp_seconds"
    Gauge(last, "A round has ended.", registry=registry).set(1)
    reader = Reader(engine, targets_of(base.settings), registry)
    try:
        facts = await reader.read(datetime.now(UTC))
    finally:
        await engine.dispose()
    assert facts.silent == facts.starting == frozenset()
    assert list(facts.measures.now("socle_radius_ledger_open").values()) == [1.0]
    assert facts.measures.now("socle_portal_sms_budget_ratio")
    assert facts.measures.now("socle_retention_archive_age_seconds")
    assert facts.fleet is not None
    assert set(facts.fleet.places) == {SITE}


async def test_every_question_is_answered(prometheus: Prometheus) -> None:
    """Each panel and each rule has data from a base to which everything has happened."""
    asked = [*questions_of_dashboards(), *questions_of_rules()]
    assert len(asked) > 90
    assert await unanswered(prometheus, asked, ANSWER_SECONDS) == []


async def test_each_choice_of_a_dashboard_has_values(prometheus: Prometheus) -> None:
    """What Grafana offers at the head of a page comes from a label that is there."""
    for file in sorted(FOLDER.glob("*.json")):
        for variable in json.loads(file.read_text())["templating"]["list"]:
            found = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"])
            assert found
            assert await prometheus.ask(f"label/{found[2]}/values", **{"match[]": found[1]})


async def test_prometheus_loads_the_rules_and_hears_every_component(
    prometheus: Prometheus,
) -> None:
    """No rule fails on real series, and every component is a target that answers."""
    groups = (await prometheus.ask("rules"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert {rule.get("lastError", "") for rule in rules} == {""}
    up = await prometheus.query('up{job="socle"}')
    assert {each["metric"]["component"]: each["value"][1] for each in up} == dict.fromkeys(
        ("portal", "radius", "supervision", "retention", "desk"), "1"
    )
