"""How a dashboard becomes Grafana's JSON: a few kinds of panels, laid out row by row.

A dashboard is described in dashboards.py by what it asks; where a panel stands, how its axis reads
and what Grafana wants besides is said here, once. Pure.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

SOURCE: Final = {"type": "prometheus", "uid": "socle"}
"""The data source that provisioning/datasources/prometheus.yml declares."""
_SCHEMA: Final = 39
"""Grafana 11's; later ones read it too."""
_COLUMNS: Final = 24


class Kind(StrEnum):
    """How a panel shows what it asks."""

    LINES = "timeseries"
    STACK = "stack"
    """Lines, one upon the other."""
    NUMBER = "stat"
    BARS = "bargauge"
    """One bar for each series, as it is now."""


class Unit(StrEnum):
    """What a panel's numbers are, in Grafana's words."""

    COUNT = "short"
    SECONDS = "s"
    OCTETS = "bytes"
    RATIO = "percentunit"
    PER_SECOND = "reqps"
    OCTETS_PER_SECOND = "Bps"
    ON_OFF = "bool_on_off"


@dataclass(frozen=True, slots=True)
class Panel:
    """One question, or several on one axis."""

    kind: Kind
    title: str
    unit: Unit
    asks: str | dict[str, str]
    """PromQL, where there are several by their legends; {{label}} stands for a label's value."""
    bad_from: float | None = None
    """Shown red from there on; None: there is no bad value."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the head of a dashboard."""

    name: str
    title: str
    metric: str
    """Whose label of the same name gives the choices."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page of Grafana."""

    name: str
    """File and address: `territoire`."""
    title: str
    rows: tuple[tuple[Panel, ...], ...]
    """Panels of one height beside each other."""
    variables: tuple[Variable, ...] = ()


def draw(dashboard: Dashboard) -> str:
    """Return a dashboard as Grafana reads it, each time the same."""
    drawn = {
        "uid": f"socle-{dashboard.name}",
        "title": f"Socle · {dashboard.title}",
        "tags": ["socle"],
        "timezone": "browser",
        "schemaVersion": _SCHEMA,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["socle"], "title": "Socle", "keepTime": True}],
        "templating": {"list": [_variable(each) for each in dashboard.variables]},
        "panels": list(_panels(dashboard)),
    }
    return json.dumps(drawn, ensure_ascii=False, indent=1) + "\n"


def _variable(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "label": variable.title,
        "type": "query",
        "datasource": SOURCE,
        "query": f"label_values({variable.metric}, {variable.name})",
        "refresh": 2,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
        "multi": True,
        "sort": 1,
    }


def _panels(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    top = 0
    for row in dashboard.rows:
        width, height = _COLUMNS // len(row), 4 if row[0].kind is Kind.NUMBER else 8
        for number, panel in enumerate(row):
            place = {"x": number * width, "y": top, "w": width, "h": height}
            yield _panel(panel, place)
        top += height


def _panel(panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    asks = {"": panel.asks} if isinstance(panel.asks, str) else panel.asks
    is_now = panel.kind is Kind.BARS
    return {
        "title": panel.title,
        "type": "timeseries" if panel.kind is Kind.STACK else panel.kind,
        "datasource": SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "expr": expression,
                "legendFormat": legend,
                "instant": is_now,
                "range": not is_now,
            }
            for number, (legend, expression) in enumerate(asks.items())
        ],
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bad_from is not None:
        steps.append({"color": "red", "value": panel.bad_from})
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    if panel.kind is Kind.STACK:
        defaults["custom"] = {"fillOpacity": 40, "stacking": {"mode": "normal"}}
    return defaults
