"""Reads YAML so that every value is the text that was typed, and is known by its line.

Stands first on the way of `socle apply`. YAML's own guesses are not made: `01004` stays an INSEE
code and not an octal number, `02:10:00:00:00:10` a MAC address and not a number in base 60, `no` a
word; what a value means is decided by the model alone. Anchors, aliases, a key written twice and
control characters (which an escape in quotes can hold, and PostgreSQL cannot) are faults, since
none is what a person meant here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from territory.errors import Fault

Path = tuple[str | int, ...]
"""Where a value stands: `("sites", 0, "code")`."""

MAX_OCTETS = 8_000_000
_MAX_DEPTH = 12
_EMPTY = ("", "~", "null")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""All but a line's end and a tab."""


class _RefusedError(Exception):
    """YAML that means nothing here: what was expected, and the line."""

    def __init__(self, expected: str, event: yaml.Event) -> None:
        super().__init__(expected)
        self.fault = Fault(
            "file", expected, event.start_mark.line + 1 if event.start_mark else None
        )


@dataclass(slots=True)
class Document:
    """What a file says, before anything of it is judged."""

    content: Any = None
    """Mappings, lists and texts; None for a key without a value."""
    lines: dict[Path, int] = field(default_factory=dict)
    """The line each value begins at, from 1."""
    faults: list[Fault] = field(default_factory=list)
    """What could not be read at all."""

    def line(self, path: Path) -> int | None:
        """Return the line of a value, or of the nearest thing around it that was written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def fault(self, path: Path, expected: str) -> Fault:
        """Return a fault at a place of this file."""
        return Fault(format_path(path), expected, self.line(path))


def read_document(source: bytes) -> Document:
    """Return what a YAML file says; what cannot be read is among its `faults`."""
    document = Document()
    try:
        root = _compose(source)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        expected = f"expected YAML: {error.problem or error.context}"
        document.faults.append(Fault("file", expected, mark.line + 1 if mark else None))
    except _RefusedError as error:
        document.faults.append(error.fault)
    except (yaml.YAMLError, ValueError) as error:
        document.faults.append(Fault("file", f"expected YAML in UTF-8: {_first_line(error)}"))
    else:
        document.content = _plain(root, (), document)
    return document


def format_path(path: Path) -> str:
    """Return a place as it is told: `sites[2].insee`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "file"


def _compose(source: bytes) -> yaml.Node | None:
    if len(source) > MAX_OCTETS:
        raise ValueError(f"at most {MAX_OCTETS} octets, found {len(source)}")
    text = source.decode("utf-8-sig")
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise _RefusedError("expected less nesting", event)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _RefusedError("expected no anchor (&) or alias (*), but the value itself", event)
    return yaml.compose(text, Loader=yaml.CSafeLoader)


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _plain(node: yaml.Node | None, path: Path, document: Document) -> Any:
    """Return a node's value, noting the line of each part."""
    if node is None:
        return None
    document.lines.setdefault(path, node.start_mark.line + 1)
    match node:
        case yaml.MappingNode():
            return dict(_entries(node, path, document))
        case yaml.SequenceNode():
            return [_plain(item, (*path, index), document) for index, item in enumerate(node.value)]
        case yaml.ScalarNode():
            _refuse_control(node, path, document)
            empty = node.style in (None, "") and node.value in _EMPTY
            return None if empty else node.value
    return None


def _refuse_control(node: yaml.ScalarNode, path: Path, document: Document) -> None:
    found = _CONTROL.search(node.value)
    if found:
        expected = f"expected text without control characters, found U+{ord(found[0]):04X}"
        document.faults.append(Fault(format_path(path), expected, node.start_mark.line + 1))


def _entries(node: yaml.MappingNode, path: Path, document: Document) -> Iterator[tuple[str, Any]]:
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
        if name in seen:
            expected = f"expected once, already written at line {seen[name]}"
            document.faults.append(Fault(format_path((*path, name)), expected, line))
            continue
        seen[name] = line
        document.lines[(*path, name)] = line
        yield name, _plain(value, (*path, name), document)
