"""`case answer`: what the second custodian's machine says, signed; offline, without a database.

The answer holds what was asked and nothing else of the opened day: the devices that meet the
question, what limits what can be concluded, and the proof (hashes, manifests, signatures) that lets
a court's expert check it against the archive.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from retention import canonical, manifest
from retention.case import Case, open_keys
from retention.lookup import Attribution, Certainty, Found, Outcome, find
from retention.question import DayState
from retention.report import write_report
from retention.segment import open_segment
from retention.signing import SigningKey
from territory.errors import ConfigurationError, Fault

FORMAT = "socle-answer-1"
_PARIS = ZoneInfo("Europe/Paris")
_CLOCK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """The files of an answer, by name, and what it comes to."""

    outcome: Outcome
    devices: int
    complete: bool
    """Whether the archive holds every day the question touches."""
    files: dict[str, bytes]


def answer_case(case: Case, identity: str, key: SigningKey, now: datetime) -> Answer:
    """Return the signed answer to a case whose outer layer is open.

    Raises:
        ConfigurationError: not opened yet, or one of the keys is not the second custodian's.
    """
    keys = open_keys(case, identity)
    second = case.file.second
    if key.public.base64 != second.signing_key:
        raise ConfigurationError([Fault("--signing-key", f"expected {second.login}'s key")])
    question = case.file.question
    # An IPv6 address may be a device's own, among its others: every slice is looked at.
    sorted_by = None if ":" in question.public_address else question.public_address
    slices = [
        (case.record(name)[1].part, open_segment(case.sealed(name), keys[name], sorted_by))
        for name in case.file.objects
    ]
    found = find(slices, question)
    content = describe(case, found, key, now)
    json_octets = canonical.encode(content)
    report = write_report(content, manifest.digest(json_octets)).encode()
    files = {"reponse.json": json_octets, "rapport.html": report}
    signatures = {f"{name}.sig": key.sign(octets) for name, octets in files.items()}
    return Answer(
        outcome=found.outcome,
        devices=found.devices,
        complete=content["complete"],
        files={**files, **signatures, "signataire.pub.pem": key.public.pem},
    )


def describe(case: Case, found: Found, key: SigningKey, now: datetime) -> dict[str, Any]:
    """Return the content of `reponse.json`."""
    file, question = case.file, case.file.question
    return {
        "format": FORMAT,
        "case": file.case,
        "reference": question.reference,
        "legal_ground": question.legal_ground,
        "question": {
            "public_address": question.public_address,
            "port": question.port,
            "at_as_asked": question.at_as_asked,
            "at": question.at.astimezone(UTC),
            "uncertainty_seconds": question.uncertainty_seconds,
        },
        "outcome": found.outcome.value,
        "devices": found.devices,
        "complete": all(day.state is DayState.SEALED for day in file.days),
        "days": [{"day": day.day, "state": day.state.value} for day in file.days],
        "attributions": [_attribution(case, found_) for found_ in found.attributions],
        "statements": list(_statements(case, found)),
        "proof": _proof(case),
        "prepared_at": file.prepared_at,
        "prepared_by": file.prepared_by,
        "opened_by": [file.first.login, file.second.login],
        "answered_at": now,
        "signed_by": key.public.fingerprint,
    }


def _attribution(case: Case, found: Attribution) -> dict[str, Any]:
    return {
        "certainty": found.certainty.value,
        "device": found.device,
        "device_is_random": found.is_random,
        "site": found.site,
        "site_name": case.file.sites.get(found.site, ""),
        "address": found.address,
        "addresses6": list(found.addresses6),
        "from": found.began_at,
        "until": found.until,
        "until_is": found.until_is,
        "from_uncertainty_seconds": found.earlier_seconds,
        "until_uncertainty_seconds": found.later_seconds,
        "user_name": found.user_name,
        "session": found.session,
    }


def _proof(case: Case) -> dict[str, Any]:
    records = [(name, *case.record(name)) for name in case.file.objects]
    return {
        "archive_key_sha256": case.archive_key.fingerprint,
        "chain_head_sha256": case.chain.digests[-1],
        "chain_length": len(case.chain.digests),
        "question_sha256": manifest.digest(case.members["case.json"]),
        "segments": [
            {"object": name, "sha256": sealed.sha256, "rows": sealed.rows, "manifest": where}
            for name, where, sealed in records
        ],
    }


def _statements(case: Case, found: Found) -> Iterator[dict[str, str]]:
    """Yield what limits the conclusions, each with a stable code and its French text."""
    yield _zone(case)
    yield from _coverage(case)
    match found.outcome:
        case Outcome.NOTHING:
            yield {"code": "nothing", "text": _NOTHING}
        case Outcome.AMBIGUOUS:
            why = _NO_PORT if case.file.question.port is None else _NO_BLOCKS
            yield {"code": "ambiguous", "text": _AMBIGUOUS.format(n=found.devices, why=why)}
    if any(a.certainty is Certainty.POSSIBLE for a in found.attributions):
        yield {"code": "uncertain", "text": _UNCERTAIN}
    if any(a.is_random for a in found.attributions):
        yield {"code": "random_mac", "text": _RANDOM}
    if found.attributions:
        yield {"code": "mac", "text": _MAC}
    if any(abs(a.nas_clock_offset_seconds or 0) > _CLOCK_SECONDS for a in found.attributions):
        yield {"code": "nas_clock", "text": _NAS_CLOCK}
    yield {"code": "no_identity", "text": _NO_IDENTITY}


def _zone(case: Case) -> dict[str, str]:
    question = case.file.question
    at = question.at
    text = _ZONE.format(
        asked=question.at_as_asked,
        utc=at.astimezone(UTC).strftime("%d/%m/%Y %H:%M:%S"),
        paris=at.astimezone(_PARIS).strftime("%d/%m/%Y %H:%M:%S"),
    )
    if question.uncertainty_seconds:
        text += f" La recherche couvre {question.uncertainty_seconds} s avant et après."
    return {"code": "zone", "text": text}


def _coverage(case: Case) -> Iterator[dict[str, str]]:
    for day in case.file.days:
        if day.state is not DayState.SEALED:
            text = _DAYS[day.state].format(day=day.day.strftime("%d/%m/%Y"))
            yield {"code": day.state.value.replace(" ", "_"), "text": text}


_ZONE = (
    "La question porte sur « {asked} », soit le {utc} en temps universel (UTC) et le {paris} à"
    " l'heure de Paris. Les instants de ce rapport sont en temps universel."
)
_NOTHING = (
    "Aucune attribution de cette adresse publique n'est enregistrée à cet instant. C'est une"
    " réponse : les journées indiquées comme scellées ont été examinées en entier."
)
_AMBIGUOUS = (
    "{n} appareils partageaient cette adresse publique à cet instant et rien de ce qui est"
    " conservé ne les départage : {why}. Tous sont cités ; aucun ne peut être désigné seul."
)
_NO_PORT = "le port source n'est pas communiqué"
_NO_BLOCKS = "le lieu n'attribue pas de bloc de ports à chaque appareil"
_UNCERTAIN = (
    "Pour les appareils marqués « possible », le début ou la fin de l'attribution n'a pas été"
    " annoncé par l'équipement ; l'incertitude est indiquée en secondes."
)
_RANDOM = (
    "Une adresse MAC au moins est aléatoire (administrée localement) : l'appareil l'a choisie pour"
    " ce réseau et pour un temps. Elle ne le désigne sur aucun autre réseau."
)
_MAC = (
    "Une adresse MAC désigne une interface, pas une personne, et peut être modifiée par qui utilise"
    " l'appareil."
)
_NAS_CLOCK = (
    "L'horloge de l'équipement s'écartait de plus d'une minute de celle du serveur ; c'est celle du"
    " serveur qui fait foi ici."
)
_NO_IDENTITY = (
    "Aucune identité civile ne figure dans ces données : l'accès n'en demande pas (CPCE L34-1)."
)
_DAYS = {
    DayState.UNSEALED: (
        "La journée du {day} n'est pas encore scellée : ses données sont conservées, mais ne"
        " peuvent être consultées qu'après son scellement. Une nouvelle demande sera nécessaire."
    ),
    DayState.DESTROYED: (
        "Les données de la journée du {day} ont été détruites à leur échéance légale."
    ),
    DayState.ABSENT: "La journée du {day} est antérieure au début de la conservation.",
}
