"""The certificate of destruction: what the chain proves, and nobody's name."""

import json
from datetime import date
from pathlib import Path

from retention.ending.certificate import Made, certify, foretell, write
from retention.manifests.chain import Chain
from retention.manifests.manifest import (
    AuditHead,
    DestructionLink,
    EndedSegment,
    LeftObject,
    PurgeLink,
)
from retention.manifests.signing import SigningKey
from territory.law.durations import load_law
from tests.evidence import at
from tests.servers.papers import check_paper

KEY = SigningKey.generate()
MADE = Made("Département de la Meuse", at("2026-12-01 09:00"))


def ended(day: str, category: str, rows: int) -> EndedSegment:
    """Return a segment that a purge names."""
    return EndedSegment.model_validate(
        {
            "day": day,
            "category": category,
            "part": 0,
            "object": f"{day}.{category}.0.x.parquet.age",
            "rows": rows,
            "octets": 1000,
            "end": "2026-11-18",
            "ground": f"texte {category}",
        }
    )


def test_what_was_destroyed_in_a_period(tmp_path: Path) -> None:
    """Each destruction once, on the day its keys went; what a lock still keeps is named."""
    chain = Chain(tmp_path)
    purges = (
        ("2026-11-18 01:00", (ended("2025-11-16", "source", 10), ended("2025-11-17", "source", 5))),
        ("2026-11-30 23:00", (ended("2025-11-18", "security", 7),)),
        ("2026-12-01 00:00", (ended("2025-11-19", "source", 100),)),
    )
    kept = LeftObject(object="2025-11-16.source.0.x.parquet.age", until=date(2026, 12, 5))
    for number, (moment, segments) in enumerate(purges):
        audit = AuditHead(number=12, sha256="0" * 64) if number == 1 else None
        link = chain.append(PurgeLink, KEY, at(moment), segments=segments, audit=audit)
        told = {"purge": link.sequence, "destroyed_at": at(moment)}
        chain.append(DestructionLink, KEY, at(moment), left=() if number else (kept,), **told)
    slip = certify(chain, date(2026, 11, 1), date(2026, 12, 1))
    assert [(one.category, one.segments, one.slices, one.octets) for one in slip.lines] == [
        ("security", 1, 7, 1000),
        ("source", 2, 15, 2000),
    ]
    assert (slip.left, slip.audit_lines, len(slip.links)) == ((kept,), 12, 4)
    again = {"purge": 1, "destroyed_at": at("2026-12-05 00:00")}
    chain.append(DestructionLink, KEY, at("2026-12-05 00:00"), **again)
    later = certify(chain, date(2026, 12, 2), date(2027, 1, 1))
    assert (later.lines, later.left, len(later.links)) == ((), (), 2)


def test_the_paper_is_signed_and_says_what_its_json_says() -> None:
    """PDF/UA and JSON, each signed by the archive; a slip of what is to come has no proof yet."""
    slip = foretell([ended("2025-11-16", "source", 10)], date(2026, 11, 1), date(2026, 12, 1))
    files = write(slip, load_law(), MADE, KEY)
    assert "Département de la Meuse" in check_paper(files["bordereau.pdf"]).text
    told = json.loads(files["bordereau.json"])
    assert (told["kind"], told["lines"][0]["slices"], told["links"]) == ("planned", 10, {})
    for name in ("bordereau.pdf", "bordereau.json"):
        assert KEY.public.has_signed(files[name], files[f"{name}.sig"])
