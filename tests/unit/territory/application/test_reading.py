"""YAML is read as the text that was typed, each value with its line."""

import pytest

from territory.application.reading import format_path, read_document


def test_values_stay_as_typed() -> None:
    """No octal, no base 60, no yes and no, no date: the model alone says what a value means."""
    source = b"""\
insee: 01004
mac: 02:10:00:00:00:10
listed: no
when: 2026-11-20
quoted: "null"
empty:
also: ~
"""
    document = read_document(source)
    assert document.content == {
        "insee": "01004",
        "mac": "02:10:00:00:00:10",
        "listed": "no",
        "when": "2026-11-20",
        "quoted": "null",
        "empty": None,
        "also": None,
    }
    assert document.faults == []


def test_each_value_has_its_line() -> None:
    """A key, a list item and what lies in them are told by their own lines."""
    document = read_document(b"# first\nsites:\n  - code: a\n    name: A\n  -\n    code: b\n")
    assert document.line(("sites",)) == 2
    assert document.line(("sites", 0, "name")) == 4
    assert document.line(("sites", 1, "code")) == 6
    assert document.line(("sites", 1, "absent")) == 6


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        (b"a: [", 2, "YAML"),
        (b"a: b: c", 1, "YAML"),
        (b"\xff\xfe\x00", None, "UTF-8"),
        (b"a: 1\nb: 2\na: 3\n", 3, "already written at line 1"),
        (b"a: &x 1\nb: *x\n", 1, "no anchor"),
        (b"[" * 100_000, 1, "less nesting"),
        (b"a: " + b"x" * 9_000_000, None, "octets"),
        (b"a: \x07", None, "YAML"),
    ],
)
def test_what_cannot_be_read_is_a_fault(source: bytes, line: int | None, words: str) -> None:
    """Broken, repeated, aliased, bottomless and huge files are told in words, quickly."""
    (fault,) = read_document(source).faults
    assert fault.line == line
    assert words in fault.expected


@pytest.mark.parametrize("escape", [r"\0", r"\e", r"\r", r"\x7f", r"\N"])
def test_a_control_character_is_a_fault(escape: str) -> None:
    """What no database and no page can hold is told with its line, not met while writing."""
    (fault,) = read_document(f'a: 1\nsites:\n  - name: "Mairie{escape}"\n'.encode()).faults
    assert (fault.key, fault.line) == ("sites[0].name", 3)
    assert "control characters" in fault.expected


def test_lines_and_tabs_are_text() -> None:
    """A welcome may have several lines."""
    document = read_document(b'welcome: "one\\n\\ttwo"\n')
    assert document.faults == []
    assert document.content == {"welcome": "one\n\ttwo"}


def test_a_place_is_told_as_it_is_written() -> None:
    """Places read like the settings' own."""
    assert format_path(("sites", 2, "insee")) == "sites[2].insee"
    assert format_path(()) == "file"
