"""What dashboards and rules ask of Prometheus, each as a question that is answered or is not."""

import asyncio
import json
import re
import time
from collections.abc import Iterator, Sequence

import yaml

from deploy.stack.alerting import RULES
from deploy.stack.dashboards import FOLDER
from tests.servers.prometheus import Prometheus

Question = tuple[str, str]
"""Where it is asked, and in PromQL."""
FILLED = {
    "$site": ".*",
    "$nas": ".*",
    "$__rate_interval": "5m",
    "$__range": "5m",
}
"""What Grafana puts in place of its variables, everything chosen."""
COMPARED = re.compile(r" (==|>=|<=|>|<) (?!bool)")
"""A comparison drops what it does not hold for: made to answer 0 or 1, it answers always."""
AT_WORK = " unless on (site) socle_supervision_maintenance"
"""Where no work is announced there is no such series; promtool's own tests have one."""


def questions_of_dashboards() -> Iterator[Question]:
    """Yield every panel's questions, choices filled in."""
    for file in sorted(FOLDER.glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{file.name}: {panel['title']}", _filled(target["expr"])


def questions_of_rules() -> Iterator[Question]:
    """Yield what every rule asks, whatever it compares with."""
    for name in ("recordings.yml", "alerts.yml"):
        for group in yaml.safe_load((RULES / name).read_text())["groups"]:
            for rule in group["rules"]:
                told = rule["expr"].replace(AT_WORK, "")
                asked = COMPARED.sub(r" \1 bool ", told).replace(" unless ", " and ")
                yield f"{name}: {rule.get('alert') or rule['record']}", asked


def _filled(expression: str) -> str:
    for variable, value in FILLED.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression, expression
    return expression


async def unanswered(
    prometheus: Prometheus, asked: Sequence[Question], seconds: float
) -> list[Question]:
    """Return what Prometheus has no answer to within so many seconds."""
    waiting = list(asked)
    deadline = time.monotonic() + seconds
    while waiting := [each for each in waiting if not await _answers(prometheus, each[1])]:
        if time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    return waiting


async def _answers(prometheus: Prometheus, expression: str) -> bool:
    """Whether there are numbers, in some series at least: a share of nothing is none."""
    found = await prometheus.query(expression)
    return any(each["value"][1] != "NaN" for each in found)
