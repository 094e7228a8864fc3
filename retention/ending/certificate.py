"""The certificate of destruction: what the chain says is gone, on a paper that names nobody.

Two papers in one form. For days that are past, the certificate: each destruction that the chain
proves, by category and ground. For a day to come, the slip of what will reach its end by then,
which public archives may be asked to approve beforehand (bordereau d'élimination, Code du
patrimoine L212-2). Both are PDF/UA and JSON, each signed by the archive's key.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

from babel.numbers import format_decimal

from retention.manifests import canonical, manifest
from retention.manifests.chain import Chain
from retention.manifests.manifest import DestructionLink, EndedSegment, LeftObject, Link, PurgeLink
from retention.manifests.signing import SigningKey
from territory.database.tables.columns import Category
from territory.law.durations import Law
from territory.paper.document import Blank, Document, Items, Section, Table, Words, render_pdf

FORMAT: Final = "socle-certificate-1"
_NO_BREAK: Final = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Line:
    """The segments of one category that one ground ended."""

    category: str
    ground: str
    """The text and, for traffic data, the decree."""
    first_day: date
    last_day: date
    """Of the days they were about, in UTC."""
    segments: int
    slices: int
    octets: int
    """Of the sealed objects."""
    first_end: date
    last_end: date
    """The first days on which they might not exist any more."""


@dataclass(frozen=True, slots=True)
class Slip:
    """What a paper tells."""

    since: date
    until: date
    """Not included."""
    is_planned: bool
    """What will end before `until`, and is still there; else what was destroyed in the interval."""
    lines: tuple[Line, ...]
    links: Mapping[str, str]
    """SHA-256 of the links that prove it, by their files' names; none of what is to come."""
    left: tuple[LeftObject, ...]
    """Objects, their keys destroyed, that a lock still keeps."""
    audit_lines: int
    """Number of the last line of the audit log that went; 0: none did."""


@dataclass(frozen=True, slots=True)
class Made:
    """Who makes a paper, and when."""

    producer: str
    """The service whose records they were; empty: to be written by hand."""
    at: datetime


def certify(chain: Chain, since: date, until: date) -> Slip:
    """Return what was destroyed in [since, until), by the instants that the chain signs (UTC)."""
    done = [
        link
        for link in chain.links
        if isinstance(link, DestructionLink)
        and since <= link.destroyed_at.astimezone(UTC).date() < until
    ]
    wanted = {link.purge for link in done}
    purges = [
        link for link in chain.links if isinstance(link, PurgeLink) and link.sequence in wanted
    ]
    first = _first_destructions(chain)
    fresh = [purge for purge in purges if first[purge.sequence] in done]
    left = chain.left_objects()
    proof: list[Link] = [*purges, *done]
    return Slip(
        since=since,
        until=until,
        is_planned=False,
        lines=tuple(_lines(segment for purge in fresh for segment in purge.segments)),
        links={
            manifest.file_name(link): manifest.digest(manifest.encode(link))
            for link in sorted(proof, key=lambda link: link.sequence)
        },
        left=tuple(one for purge in sorted(wanted) for one in left.get(purge, ())),
        audit_lines=max((purge.audit.number for purge in fresh if purge.audit), default=0),
    )


def foretell(ended: Iterable[EndedSegment], today: date, until: date) -> Slip:
    """Return what will have ended on `until`: of a purge's plan for that day."""
    return Slip(today, until, True, tuple(_lines(ended)), {}, (), 0)


def write(slip: Slip, law: Law, made: Made, key: SigningKey) -> dict[str, bytes]:
    """Return the paper's files by their names: PDF and JSON, each with its signature.

    Takes some tenths of a second: not for the event loop.
    """
    name = "bordereau" if slip.is_planned else "certificat"
    told = canonical.encode(_content(slip, made, key))
    paper = as_document(slip, law, made, manifest.digest(told))
    files = {f"{name}.json": told, f"{name}.pdf": render_pdf(paper, made.at.date())}
    signatures = {f"{each}.sig": key.sign(octets) for each, octets in files.items()}
    return {**files, **signatures, "archive-signing.pub.pem": key.public.pem}


def _first_destructions(chain: Chain) -> dict[int, DestructionLink]:
    done = [link for link in chain.links if isinstance(link, DestructionLink)]
    return {link.purge: link for link in reversed(done)}


def _lines(ended: Iterable[EndedSegment]) -> Iterator[Line]:
    groups: dict[tuple[str, str], list[EndedSegment]] = {}
    for segment in ended:
        groups.setdefault((segment.category, segment.ground), []).append(segment)
    for (category, ground), segments in sorted(groups.items()):
        yield Line(
            category=category,
            ground=ground,
            first_day=min(s.day for s in segments),
            last_day=max(s.day for s in segments),
            segments=len(segments),
            slices=sum(s.rows for s in segments),
            octets=sum(s.octets for s in segments),
            first_end=min(s.end for s in segments),
            last_end=max(s.end for s in segments),
        )


def _content(slip: Slip, made: Made, key: SigningKey) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "kind": "planned" if slip.is_planned else "destroyed",
        "since": slip.since,
        "until": slip.until,
        "made_at": made.at,
        "producer": made.producer,
        "lines": [asdict(line) for line in slip.lines],
        "audit_lines": slip.audit_lines,
        "links": dict(slip.links),
        "left": [{"object": one.object, "until": one.until} for one in slip.left],
        "signed_by": key.public.fingerprint,
    }


# --- On paper -------------------------------------------------------------------------------------


def as_document(slip: Slip, law: Law, made: Made, told: str) -> Document:
    """Return the paper as values, in French; `told` is the SHA-256 of the JSON beside it."""
    return Document(
        title="Bordereau d'élimination" if slip.is_planned else "Certificat de destruction",
        whose=made.producer or "Accès public au Wi-Fi",
        about=_ABOUT[slip.is_planned].format(since=_day(slip.since), until=_day(slip.until)),
        sections=(
            Section("Données", tuple(_told(slip, law))),
            Section("Ce que cela veut dire", (Items(_MEANING[slip.is_planned]),)),
            *([] if slip.is_planned else [_proof(slip, told)]),
            _visas(slip, made),
        ),
    )


def _told(slip: Slip, law: Law) -> Iterator[Table | Words]:
    if not slip.lines:
        yield Words("Aucun segment d'archive : il n'y a rien à éliminer pour cette période.")
    else:
        yield Table("Par catégorie et par fondement", _HEAD, tuple(_rows(slip.lines, law)))
        yield Words(_TOTAL.format(**_totals(slip)))
    if slip.audit_lines:
        yield Words(f"Journal d'audit : effacé jusqu'à la ligne {_number(slip.audit_lines)}.")
    if slip.left:
        yield Table(
            "Objets dont la clé est détruite, et que leur stockage garde encore",
            ("Objet", "Jusqu'au"),
            tuple((one.object, _day(one.until)) for one in slip.left),
        )


_HEAD = ("Catégorie", "Jours (UTC)", "Segments", "Lignes", "Taille", "Terme", "Fondement")


def _rows(lines: Iterable[Line], law: Law) -> Iterator[tuple[str, ...]]:
    for line in lines:
        yield (
            law.rules[Category(line.category)].french,
            _span(line.first_day, line.last_day),
            _number(line.segments),
            _number(line.slices),
            _size(line.octets),
            _span(line.first_end, line.last_end),
            line.ground,
        )


def _totals(slip: Slip) -> dict[str, str]:
    return {
        "segments": _number(sum(line.segments for line in slip.lines)),
        "slices": _number(sum(line.slices for line in slip.lines)),
        "size": _size(sum(line.octets for line in slip.lines)),
    }


def _proof(slip: Slip, told: str) -> Section:
    names = list(slip.links)
    about = (
        f"Ici {_number(len(names))} maillons, de {names[0]} à {names[-1]}."
        if names
        else "Aucun maillon dans cette période."
    )
    return Section(
        "Preuve",
        (
            Words(f"{_LINKS} {about}"),
            Words("Leurs empreintes SHA-256 sont dans certificat.json, dont l'empreinte est :"),
            Words(told),
        ),
    )


_LINKS = "Chaque destruction est décidée, puis constatée, par un maillon signé de la chaîne."


def _visas(slip: Slip, made: Made) -> Section:
    producer = [] if made.producer else [Blank("le service producteur", "Nom du service.")]
    when = "avant la destruction" if slip.is_planned else "si elle le demande"
    return Section(
        "Visas",
        (
            *producer,
            Blank("le responsable du service producteur", "Nom, qualité, date et signature."),
            Blank(
                "la direction des Archives départementales",
                f"Visa (Code du patrimoine, art. L212-2), {when} : date et signature.",
            ),
        ),
    )


_ABOUT = {
    False: "Ce qui a été détruit du {since} inclus au {until} exclu, à son échéance légale. Ce"
    " document ne contient aucune donnée personnelle.",
    True: "Ce qui, le {until}, aura atteint son échéance légale et sera détruit. Établi le {since},"
    " d'après ce qui est conservé ce jour-là ; il ne contient aucune donnée personnelle.",
}
_MEANING = {
    False: (
        "Chaque segment était chiffré avec une clé qui n'ouvrait que lui. Cette clé est détruite :"
        " ce qui resterait d'une copie du segment est illisible, définitivement.",
        "Le segment lui-même est effacé. S'il est verrouillé par son stockage, il l'est à la fin"
        " du verrou, et un nouveau maillon le constate.",
        "Conserver au-delà du terme et effacer avant lui sont punis de même (CPCE, art. L39-3).",
    ),
    True: (
        "Le terme est fixé par la loi : il ne dépend ni de ce document ni de son visa.",
        "Une injonction du Premier ministre ou une conservation demandée par une autorité, si elle"
        " survient d'ici là, peut reporter le terme d'une partie de ces données.",
        "Conserver au-delà du terme et effacer avant lui sont punis de même (CPCE, art. L39-3).",
    ),
}
_TOTAL = "En tout : {segments} segments, {slices} lignes, {size} une fois chiffrées."


def _span(first: date, last: date) -> str:
    return _day(first) if first == last else f"{_day(first)} au {_day(last)}"


def _day(value: date) -> str:
    return value.strftime("%d/%m/%Y")


def _number(value: int) -> str:
    return format_decimal(value, locale="fr")


def _size(octets: int) -> str:
    for unit, factor in (("Go", 10**9), ("Mo", 10**6), ("ko", 10**3)):
        if octets >= factor:
            return f"{format_decimal(round(octets / factor, 1), locale='fr')}{_NO_BREAK}{unit}"
    return f"{octets} octets"
