"""The rules Prometheus has too, from the same file: how long each holds, how urgent, its words.

`alerts.yml` stays the one place where an alert is named, timed and put into words. What its `expr`
asks is asked in `conditions.py`, since PromQL needs Prometheus. Of its templates, as much is filled
in as the file uses: labels, the value, and how the value is written. Pure, but for `load_rules`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import yaml

from deploy.stack.alerting import RULES

Labels = Mapping[str, str]
_SPAN: Final = re.compile(r"(\d+)([smhd])")
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_ACTION: Final = re.compile(r"{{\s*\$(labels\.(?P<label>\w+)|value)(\s*\|\s*(?P<how>\w+))?\s*}}")
_DAY, _HOUR, _MINUTE = 86_400, 3600, 60


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert, as the file says."""

    name: str
    """As in `conditions.QUESTIONS`."""
    severity: str
    """critical or warning."""
    hold: timedelta
    """How long its condition lasts before anybody is told."""
    keep: timedelta
    """How long it is over before it counts as over."""
    summary: str
    """A template."""
    description: str
    """A template: likely cause, first thing to try."""


def load_rules(folder: Path = RULES) -> dict[str, Rule]:
    """Return the rules of `alerts.yml`, by name."""
    groups = yaml.safe_load((folder / "alerts.yml").read_text())["groups"]
    return {each["alert"]: _rule(each) for group in groups for each in group["rules"]}


def fill(template: str, labels: Labels, value: float) -> str:
    """Return a template of `alerts.yml` with its labels and its value in it."""

    def put(found: re.Match[str]) -> str:
        if found["label"]:
            return labels.get(found["label"], "")
        return _FORMATS[found["how"] or ""](value)

    return " ".join(_ACTION.sub(put, template).split())


def _rule(each: Mapping[str, Any]) -> Rule:
    words = each["annotations"]
    return Rule(
        each["alert"],
        each["labels"]["severity"],
        _span(each.get("for", "0s")),
        _span(each.get("keep_firing_for", "0s")),
        words["summary"],
        words["description"],
    )


def _span(text: str) -> timedelta:
    return timedelta(seconds=sum(int(count) * _UNITS[unit] for count, unit in _SPAN.findall(text)))


def lasting(seconds: float) -> str:
    """Return a duration as one says it: `12 jours`, `1 h 07`, `4 min`, `0,3 s`."""
    sign, whole = ("-" if seconds < 0 else ""), abs(seconds)
    if whole >= 2 * _DAY:
        return f"{sign}{whole / _DAY:.0f} jours"
    if whole >= _HOUR:
        hours, minutes = divmod(int(whole // _MINUTE), 60)
        return f"{sign}{hours} h {minutes:02}"
    if whole >= _MINUTE:
        return f"{sign}{whole / _MINUTE:.0f} min"
    return f"{sign}{whole:.2g} s".replace(".", ",")


def _number(value: float) -> str:
    return f"{value:.4g}"


def _share(value: float) -> str:
    return f"{value:.0%}".replace("%", " %")


_FORMATS: Final[Mapping[str, Callable[[float], str]]] = {
    "": _number,
    "humanizeDuration": lasting,
    "humanizePercentage": _share,
}
