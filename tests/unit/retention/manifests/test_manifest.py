"""Links of the chain as octets: canonical, and read back to the same value."""

import json
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.manifests import canonical, manifest
from retention.manifests.manifest import DayLink, SealedSegment

SEGMENT = SealedSegment(
    category="source",
    part=0,
    object="2026-11-17.source.0.0123456789abcdef.parquet.age",
    octets=5,
    sha256="ab" * 32,
    recipient="age1x",
    rows=1,
)
LINK = DayLink(
    sequence=1,
    previous=None,
    signed_at=datetime(2026, 11, 20, 0, 5, tzinfo=UTC),
    signed_by="cd" * 32,
    day=date(2026, 11, 17),
    facts_received_before=datetime(2026, 11, 20, tzinfo=UTC),
    segments=(SEGMENT,),
)


def test_a_link_is_one_canonical_line() -> None:
    """Sorted keys, no blanks, UTC, a line feed at the end: anyone gets the same octets."""
    octets = manifest.encode(LINK)
    assert octets.endswith(b"\n")
    assert b'"signed_at":"2026-11-20T00:05:00Z"' in octets
    assert octets == canonical.encode(json.loads(octets))
    assert manifest.decode(octets) == LINK
    assert manifest.file_name(LINK) == "000001.day.2026-11-17.json"


@given(st.binary(max_size=200))
def test_any_octets_are_a_link_or_a_value_error(octets: bytes) -> None:
    """Nothing else is ever raised."""
    with pytest.raises(ValueError, match=":"):
        manifest.decode(octets)


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "other"), ("sequence", 0), ("previous", "x"), ("day", "hier"), ("format", "2")],
)
def test_a_link_of_another_kind_or_format_is_refused(field: str, value: object) -> None:
    """A file that is not of this format is named as unreadable, never guessed."""
    content = {**json.loads(manifest.encode(LINK)), field: value}
    with pytest.raises(ValueError, match=field):
        manifest.decode(canonical.encode(content))


def test_an_object_cannot_name_a_path() -> None:
    """A manifest from elsewhere cannot make us read or delete another file."""
    content = json.loads(manifest.encode(LINK))
    content["segments"][0]["object"] = "../../etc/passwd"
    with pytest.raises(ValueError, match="object"):
        manifest.decode(canonical.encode(content))


def test_canonical_json_writes_dates_and_refuses_what_is_ambiguous() -> None:
    """Microseconds only where there are any; another type is a mistake of ours."""
    value = {"b": date(2026, 1, 2), "a": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "é": None}
    written = '{"a":"2026-01-02T03:04:05.000006Z","b":"2026-01-02","é":null}\n'
    assert canonical.encode(value).decode() == written
    assert canonical.encode(UUID(int=1)) == b'"00000000-0000-0000-0000-000000000001"\n'
    with pytest.raises(TypeError):
        canonical.encode({1, 2})
