"""A difference as lines for a person and as JSON for a script; no secret is in either."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from rich.text import Text

from territory.application.applying import Applied, Prospect
from territory.application.difference import Action, Change, FieldChange
from territory.application.state import Secret, Value
from territory.measures import format_duration, format_rate, format_volume

_STYLES = {Action.ADD: "green", Action.CHANGE: "yellow", Action.REMOVE: "red"}
_LONGEST_SHOWN = 300
"""Characters of a value; a logo is longer."""
_MEASURES = (
    ("_seconds", format_duration),
    ("_bps", format_rate),
    ("_octets", format_volume),
)


def prospect_lines(prospect: Prospect) -> Iterator[Text]:
    """Give the lines that show what would change."""
    found = prospect.found
    for change in found.changes:
        yield from _change_lines(change)
    for change in found.kept:
        yield Text(f"= {change.kind} {change.key}: not in the file, kept", style="dim")
    if found.kept:
        yield Text("  --prune takes away what the file does not name.", style="dim")
    for login in prospect.disabled:
        words = f"= operator {login}: disabled, and stays so (socle operator disable --undo)"
        yield Text(words, style="dim")
    counts = ", ".join(f"{found.count(action)} {_verb(action)}" for action in Action)
    yield Text(counts if found.changes else "Nothing to change.", style="bold")


def applied_lines(applied: Applied) -> Iterator[Text]:
    """Give the lines that say what was done and what comes next."""
    for change in applied.refused:
        words = f"= {change.kind} {change.key}: kept, off the map, as long as traces name it"
        yield Text(words, style="dim")
    if applied.prospect.made_secrets:
        yield Text("Secrets were made; `socle site render SITE` puts them in place:")
    for kind, code in applied.prospect.made_secrets:
        yield Text(f"  {kind} {code}")
    for code in applied.prospect.retunnelled:
        address = applied.prospect.tunnels[code]
        yield Text(f"Tunnel of {code}: {address or 'taken away'}")
    yield Text("Done.", style="bold green")


def as_json(prospect: Prospect, refused: Sequence[Change], *, applied: bool) -> dict[str, Any]:
    """Return what changed, or would, for a script."""
    return {
        "applied": applied,
        "changes": [_change_json(change) for change in prospect.found.changes],
        "kept": [_change_json(change) for change in prospect.found.kept],
        "refused": [_change_json(change) for change in refused],
        "made_secrets": [[kind.value, code] for kind, code in prospect.made_secrets],
        "disabled": list(prospect.disabled),
        "tunnels": {code: _address(prospect, code) for code in prospect.retunnelled},
    }


def _address(prospect: Prospect, code: str) -> str | None:
    address = prospect.tunnels[code]
    return None if address is None else str(address)


def _change_lines(change: Change) -> Iterator[Text]:
    line = Text(f"{change.action} {change.kind} {change.key}", style=_STYLES[change.action])
    if change.action is Action.ADD:
        line.append(_name_of(change), style="dim")
    yield line
    if change.action is Action.CHANGE:
        for field in change.fields:
            before, after = told(field.name, field.before), told(field.name, field.after)
            yield Text(f"    {field.name}: {before} -> {after}")


def _name_of(change: Change) -> str:
    values = {field.name: field.after for field in change.fields}
    name = values.get("name") or values.get("display_name")
    return f"  {name}" if name else ""


def told(name: str, value: Value) -> str:
    """Return a value as it is shown, in the units people use."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(value)
        case int():
            formats = [format_ for suffix, format_ in _MEASURES if name.endswith(suffix)]
            return formats[0](value) if formats else str(value)
        case str() if len(value) > _LONGEST_SHOWN:
            return f"{len(value)} characters"
        case _:
            return str(value)


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "action": change.action.name.lower(),
        "kind": change.kind.value,
        "key": change.key,
        "fields": {field.name: _field_json(field) for field in change.fields},
    }


def _field_json(field: FieldChange) -> dict[str, Any]:
    return {"before": _value_json(field.before), "after": _value_json(field.after)}


def _value_json(value: Value) -> Any:
    if isinstance(value, Secret | date):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _verb(action: Action) -> str:
    return {Action.ADD: "to add", Action.CHANGE: "to change", Action.REMOVE: "to remove"}[action]
