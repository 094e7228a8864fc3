"""The answer on paper: one PDF, for whoever asked; `reponse.json` and `reponse.csv` lie in it.

PDF/A-3a and PDF/UA-1 at once: kept for decades with what it was made of attached (ISO 19005-3), and
read by who cannot see it (ISO 14289-1). Set by typst on the custodian's own machine, from data and
never from source, so that no name can be markup; no font or file of the system's is looked at.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal

import typst

from retention.manifests import manifest
from territory.paper.signs import spell_out

TEMPLATE: Final = Path(__file__).parents[1] / "templates" / "report.typ"
MOST_LINES: Final = 400
"""Of one question, on paper; all of them are in what is attached."""
_PICTURE_DPI: Final = 100.0

Facts = list[tuple[str, str]]

_ENDS = {
    "stop": "fin annoncée",
    "change": "changement d'adresse",
    "day_end": "se poursuit le lendemain",
    "last_seen": "fin non annoncée",
}
_KINDS = {
    "address": "Une adresse publique à un instant",
    "device": "Un appareil pendant une période",
    "person": "Une personne pendant une période",
    "site": "Un lieu pendant une période",
}
_IDENTIFIERS = {
    "user_name": "Droit d'accès",
    "account": "Compte, contact ou ticket",
    "ticket": "Code d'un ticket",
    "email": "Adresse électronique",
    "phone": "Numéro de téléphone",
}
_ACCOUNTS = {
    "account": "compte",
    "openid_connect": "identité tierce",
    "sponsor": "parrainage",
    "email": "courriel",
    "phone": "téléphone",
    "ticket": "ticket",
}
_CLAIMS = {
    "email": "Adresse électronique",
    "phone": "Téléphone",
    "name": "Nom complet",
    "given_name": "Prénoms",
    "family_name": "Nom",
    "birthdate": "Date de naissance",
    "birthplace": "Lieu de naissance",
}
_CATEGORIES = {
    "source": "attributions d'adresses",
    "traffic": "durées et volumes",
    "account": "comptes",
    "identity": "identités civiles",
}
_TYPES = {".json": "application/json", ".csv": "text/csv"}
_SIGNS = (
    "Un signe que ce document ne peut pas imprimer y est écrit par son code, comme [U+1F680] ; les"
    " fichiers joints le gardent tel quel."
)
_PROTOCOLS = {6: " (TCP)", 17: " (UDP)"}


def render_report(answer: Mapping[str, Any], attached: Mapping[str, bytes]) -> bytes:
    """Return the report of an answer's content, with the files it was made of attached."""
    (pdf,) = _compile(answer, attached, "pdf")
    return pdf


def draw_report(answer: Mapping[str, Any], attached: Mapping[str, bytes]) -> list[bytes]:
    """Return the report's pages as PNG pictures, to be looked at."""
    return _compile(answer, attached, "png")


def _compile(
    answer: Mapping[str, Any], attached: Mapping[str, bytes], kind: Literal["pdf", "png"]
) -> list[bytes]:
    told, answered_at = describe(answer, attached), answer["answered_at"]
    try:
        return _set(told, answered_at, kind)
    except typst.TypstError:  # a sign that no font has, in what somebody else wrote
        return _set(spelled_out(told), answered_at, kind)


def _set(
    told: Mapping[str, Any], answered_at: datetime, kind: Literal["pdf", "png"]
) -> list[bytes]:
    done: object = typst.compile(
        TEMPLATE,
        format=kind,
        ppi=_PICTURE_DPI,
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(told)},
        pdf_standards=["a-3a", "ua-1"] if kind == "pdf" else [],
        timestamp=answered_at.replace(microsecond=0),
    )
    pages = done if isinstance(done, list) else [done]
    return [page for page in pages if isinstance(page, bytes)]


def spelled_out(told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is printed without signs that have no shape, and a word of it; not its files."""
    printed = spell_out({**told, "attached": []})
    said = [*printed["statements"], _typeset(_SIGNS)]
    return {**printed, "statements": said, "attached": told["attached"]}


def describe(answer: Mapping[str, Any], attached: Mapping[str, bytes]) -> dict[str, Any]:
    """Return what the report prints, each piece as it is read: pure."""
    return {
        "reference": answer["reference"],
        "act": _act(answer),
        "replies": [_reply(reply) for reply in answer["answers"]],
        "statements": [_typeset(statement["text"]) for statement in answer["statements"]],
        "proof": _proof(answer, attached),
        "segments": [_segment(one) for one in answer["proof"]["segments"]],
        "attached": [
            {"name": name, "content": octets.decode(), "type": _TYPES[Path(name).suffix]}
            for name, octets in attached.items()
        ],
    }


def _act(answer: Mapping[str, Any]) -> Facts:
    told = [
        ("Réponse établie par", answer["service"]),
        ("Autorité requérante", answer["authority"]),
        (_typeset("Numéro de l'acte"), answer["reference"]),
        ("Fondement invoqué", answer["legal_ground"]),
        ("Numéro au registre", answer["number"]),
        ("Dossier", str(answer["case"])),
        ("Répondu le", instant(answer["answered_at"])),
    ]
    return [(name, value) for name, value in told if value]


def _reply(reply: Mapping[str, Any]) -> dict[str, Any]:
    attributions = reply["attributions"]
    shown = attributions[:MOST_LINES]
    return {
        "title": _KINDS[reply["question"]["kind"]],
        "facts": _facts(reply),
        "verdict": _typeset(verdict(reply)),
        "devices": [
            _device(device, list(lines)) for device, lines in groupby(shown, key=_device_of)
        ],
        "left_out": len(attributions) - len(shown),
        "traffic": [_traffic(row) for row in reply["traffic"][:MOST_LINES]],
        "accounts": [_account(row) for row in reply["accounts"]],
        "identities": [_identity(row) for row in reply["identities"]],
        "statements": [_typeset(statement["text"]) for statement in reply["statements"]],
    }


def _facts(reply: Mapping[str, Any]) -> Facts:
    asked, question = reply["asked"], reply["question"]
    return [
        *_subject(question),
        ("Demandé", _categories(asked)),
        ("Communiqué", _categories(reply["given"]) or "rien"),
    ]


def _categories(names: Sequence[str]) -> str:
    return _typeset(", ".join(_CATEGORIES[name] for name in names))


def _subject(question: Mapping[str, Any]) -> Facts:
    if question["kind"] == "address":
        margin, minute = question["uncertainty_seconds"], question["to_the_minute"]
        precision = (", toute la minute" if minute else "") + (
            f", à {margin} s près" if margin else ""
        )
        protocol = f" ({question['protocol'].upper()})" if question["protocol"] else ""
        port = question["port"]
        return [
            ("Adresse publique", question["public_address"]),
            ("Port source", "non communiqué" if port is None else f"{port}{protocol}"),
            ("Instant demandé", question["at_as_asked"]),
            ("Soit", instant(question["at"]) + precision),
        ]
    who = {
        "device": ("Appareil", question.get("device", "")),
        "site": ("Lieu", question.get("site", "")),
        "person": (
            _IDENTIFIERS.get(question.get("identifier_kind", ""), ""),
            question.get("identifier", ""),
        ),
    }[question["kind"]]
    return [
        who,
        ("Période demandée", question["interval_as_asked"]),
        ("Soit", f"du {instant(question['since'])} au {instant(question['until'])}, exclu"),
    ]


def verdict(reply: Mapping[str, Any]) -> str:
    """Return what a reply comes to, in one sentence."""
    devices = reply["devices"] or 0
    said = {
        "one device": "Un seul appareil disposait de cette adresse à cet instant.",
        "one device, possibly": "Un seul appareil a pu disposer de cette adresse, sans certitude.",
        "ambiguous": f"Réponse ambiguë : {devices} appareils partageaient cette adresse.",
        "found": _found(reply),
        "nothing found": "Rien n'a été trouvé.",
        None: "Rien n'est communiqué : le fondement invoqué ne le permet pas.",
    }[reply["outcome"]]
    if reply["complete"] or reply["outcome"] is None:
        return said
    if reply["outcome"] == "nothing found":
        return "Aucune réponse entière n'est possible : voir les observations."
    return f"{said} Réponse incomplète : voir les observations."


def _found(reply: Mapping[str, Any]) -> str:
    lines, devices = len(reply["attributions"]), reply["devices"]
    if devices is None:
        return "Des données répondent à la question."
    attributions = "une attribution" if lines == 1 else f"{lines} attributions"
    return (
        f"{attributions.capitalize()} : {'un appareil' if devices < 2 else f'{devices} appareils'}."
    )


def _device_of(found: Mapping[str, Any]) -> tuple[str, bool]:
    return found["device"] or "", found["device_is_random"]


def _device(device: tuple[str, bool], lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    name, is_random = device
    nature = "adresse MAC aléatoire" if is_random else "adresse MAC du constructeur"
    return {
        "name": name or _typeset("Appareil que l'équipement n'a pas désigné"),
        "nature": nature if name else "",
        "lines": [_line(line) for line in lines],
    }


def _line(found: Mapping[str, Any]) -> dict[str, str]:
    earlier, later = found["from_uncertainty_seconds"], found["until_uncertainty_seconds"]
    return {
        "from": _moment(found["from"]) + (f" (peut-être {earlier} s plus tôt)" if earlier else ""),
        "until": _moment(found["until"]) + (f" (peut-être {later} s plus tard)" if later else ""),
        "end": _ENDS[found["until_is"]],
        "site": found["site_name"] or found["site"],
        "site_code": found["site"],
        "public": (found["public_address"] or "non connue") + _ports(found),
        "private": ", ".join([found["address"] or "", *found["addresses6"]]).strip(", "),
        "certainty": "certain" if found["certainty"] == "certain" else "possible",
        "user_name": found["user_name"] or "",
        "session": found["session"],
    }


def _ports(found: Mapping[str, Any]) -> str:
    first, last = found["port_first"], found["port_last"]
    if first is None:
        return ""
    ports = f"port {first}" if first == last else f"ports {first} à {last}"
    return f", {ports}{_PROTOCOLS.get(found['protocol'] or 0, '')}"


def _traffic(row: Mapping[str, Any]) -> list[str]:
    return [
        row["day"].strftime("%d/%m/%Y"),
        str(row["session"]),
        *(_plain(row[name]) for name in ("session_seconds", "upload_octets", "download_octets")),
    ]


def _plain(number: int | None) -> str:
    return "" if number is None else f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _account(row: Mapping[str, Any]) -> list[str]:
    times = [_moment(row[name]) if row[name] else "" for name in ("from", "until")]
    kind = _ACCOUNTS.get(row["kind"], row["kind"])
    return [row["guest"], kind, row["user_name"] or "(lui-même)", *times]


def _identity(row: Mapping[str, Any]) -> Facts:
    claims = json.loads(row["claims"]) if row["claims"] else {}
    return [("Compte", row["guest"]), *((_CLAIMS.get(k, k), str(v)) for k, v in claims.items())]


def _proof(answer: Mapping[str, Any], attached: Mapping[str, bytes]) -> Facts:
    proof = answer["proof"]
    return [
        *((name, manifest.digest(octets)) for name, octets in attached.items()),
        ("Question signée", proof["question_sha256"]),
        (_typeset("Clé de l'archive"), proof["archive_key_sha256"]),
        (f"Tête de la chaîne ({proof['chain_length']} manifestes)", proof["chain_head_sha256"]),
        ("Clé du signataire", answer["signed_by"]),
    ]


def _segment(one: Mapping[str, Any]) -> list[str]:
    return [one["object"], one["sha256"], one["manifest"]]


def instant(moment: datetime) -> str:
    """Return a UTC instant to the second, or finer where it is."""
    return f"{_moment(moment)} UTC"


def _moment(moment: datetime) -> str:
    seconds = moment.strftime("%d/%m/%Y %H:%M:%S")
    fraction = f"{moment.microsecond / 1_000_000:.3f}"[1:].replace(".", ",")
    return f"{seconds}{fraction if moment.microsecond else ''}"


def _typeset(text: str) -> str:
    """Return a sentence of ours with French apostrophes; never what somebody else wrote."""
    return text.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}")
