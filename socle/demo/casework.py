"""The demonstration's requisition: a whole case and its end, by the code a territory runs.

    somebody is seen -> their day is sealed -> an act, suspended -> the act corrected -> the case
      -> the first custodian opens -> the second answers -> a year passes -> the certificate

A real territory does this at the desk and on two custodians' machines; here both custodians' keys
lie on this machine, which the page says.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from retention import durable
from retention.cases.answer import answer_case
from retention.cases.case import open_case, read_case
from retention.cases.prepare import PreparedCase, load_holders, write_case
from retention.cases.receipt import Done, Receipt, sign_receipt
from retention.desk.document import seal_document
from retention.desk.entry import read_entry
from retention.desk.letter import draft
from retention.desk.register import Line, enter
from retention.desk.release import Release, note_receipt, prepare_line, signed_by
from retention.desk.scope import check
from retention.desk.words import PARIS
from retention.ending.certificate import Made, certify, write
from retention.keys.age import read_identity
from retention.manifests.chain import Chain
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places
from socle.commands.custodian import IDENTITY, SIGNING
from socle.demo.sightings import Sighting, look, segments_of
from territory.access.operators import Operator, operator_by_login
from territory.clock import Clock
from territory.database.tables import Category
from territory.errors import ConfigurationError, Unavailable
from territory.law.grounds import Grounds
from territory.paper.document import Document, Section, Words, render_pdf
from territory.paper.letter import render_letter
from territory.settings.evidence import AuthoritiesSettings

THREE_DAYS: Final = timedelta(days=3)
A_YEAR: Final = timedelta(days=366)
_PATIENCE_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.25
_ACT: Final = {
    "authority": "Tribunal judiciaire de Bar-le-Duc",
    "agent_name": "Camille Exemple",
    "agent_rank": "Adjudante",
    "agent_unit": "Brigade de recherches de Bar-le-Duc",
    "contact": "br.bar-le-duc@gendarmerie.example",
    "reference": "PV 2026/1234",
    "ground": "cpp-77-1-1",
    "kind": "address",
    "zone": "UTC",
    "category_source": "yes",
}
_CORRECTED: Final = {
    "magistrate": "Procureure de la République de Bar-le-Duc",
    "condition": "60-1-2-2",
}
"""What the first act forgot."""

Facts = list[tuple[str, str]]
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Stage:
    """What the steps work with."""

    owner: AsyncEngine
    """Sees who is online; the desk does not."""
    desk: AsyncEngine
    places: Places
    law: Grounds
    authorities: AuthoritiesSettings
    folder: Path
    """Where a case travels."""
    custodians: Path
    """A folder for each custodian's private keys, by the first part of their login."""
    clock: Clock
    let_somebody_in: Callable[[], Awaitable[None]]
    pass_time: Callable[[timedelta, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done, and by whom."""

    name: str
    """Last part of its address."""
    title: str
    who: str
    about: str


STEPS: Final = (
    Step(
        "vu",
        "Une attaque part du Wi-Fi ; trois jours passent",
        "La personne attaquée",
        "Elle note une adresse et une heure : c'est tout ce qu'elle sait. Pendant ce temps, la"
        " journée est scellée et quitte la base.",
    ),
    Step(
        "acte-incomplet",
        "Inscrire l'acte, tel qu'il arrive",
        "Un dépositaire, au guichet",
        "L'acte ne nomme ni magistrat, ni cas de l'article 60-1-2. Le guichet doit le voir.",
    ),
    Step(
        "acte-corrige",
        "Inscrire l'acte corrigé",
        "Un dépositaire, au guichet",
        "L'autorité complète son acte : une nouvelle ligne remplace la première.",
    ),
    Step(
        "preparer",
        "Préparer le dossier",
        "Un dépositaire, au guichet",
        "Un fichier pour deux dépositaires. Rien n'est ouvert : le serveur ne le peut pas.",
    ),
    Step(
        "ouvrir",
        "Ouvrir l'enveloppe extérieure",
        "Le premier dépositaire, sur son poste",
        "Avec sa clé. Il ne lit rien encore : l'enveloppe intérieure est fermée.",
    ),
    Step(
        "repondre",
        "Ouvrir l'intérieur, répondre et signer",
        "Le second dépositaire, sur son poste",
        "La réponse est un rapport, un tableau et un fichier, chacun signé.",
    ),
    Step(
        "annee",
        "Un an passe",
        "Le calendrier",
        "Chaque catégorie meurt à son jour : sa clé est détruite, et le manifeste le prouve.",
    ),
    Step(
        "certificat",
        "Demander le certificat de destruction",
        "L'administratrice",
        "Ce qui fut détruit, pour quel motif, sans nommer personne. Puis refaire le dossier.",
    ),
)


@dataclass(slots=True)
class _Played:
    """How far the case has come."""

    told: list[Facts] = field(default_factory=list)
    """What each step that is done showed."""
    files: dict[str, bytes] = field(default_factory=dict)
    """What there is to read, by its name."""
    sighting: Sighting | None = None
    line: Line | None = None
    made: PreparedCase | None = None


class Casework:
    """A case that is played, one step after the other."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._played = _Played()
        self._playing = asyncio.Lock()
        self._run: Mapping[str, Callable[[], Awaitable[Facts]]] = {
            "vu": self._see,
            "acte-incomplet": self._enter_incomplete,
            "acte-corrige": self._enter_corrected,
            "preparer": self._prepare,
            "ouvrir": self._open,
            "repondre": self._answer,
            "annee": self._wait_a_year,
            "certificat": self._certify,
        }

    @property
    def told(self) -> list[Facts]:
        """What each step that is done showed, in order."""
        return self._played.told

    @property
    def files(self) -> Mapping[str, bytes]:
        """What there is to read, by its name."""
        return self._played.files

    async def remember(self) -> None:
        """Note who is online before a night falls, unless somebody is noted already."""
        if self._played.sighting is None:
            self._played.sighting = await look(self._stage.owner)

    async def play(self, name: str) -> None:
        """Do the next step, where it is the one named; nothing otherwise.

        Raises:
            ConfigurationError: a key or a paper does not fit.
            Unavailable: the archive does not do its part in time.
        """
        async with self._playing:
            done = len(self._played.told)
            if done < len(STEPS) and STEPS[done].name == name:
                self._played.told.append(await self._run[name]())

    async def begin_again(self) -> None:
        """Forget the case; what it left in the register stays."""
        async with self._playing:
            self._played = _Played()

    # --- Steps --------------------------------------------------------------------------------

    async def _see(self) -> Facts:
        stage, played = self._stage, self._played
        if played.sighting is None:
            await stage.let_somebody_in()
            await self.remember()
        seen = _known(played.sighting)
        if not await segments_of(stage.owner, seen.at.date()):
            if (stage.clock.now().date() - seen.at.date()) < THREE_DAYS:
                await stage.pass_time(THREE_DAYS, "trois jours passent")
            await self._until(bool)
        return [("adresse vue", seen.address), ("instant", _written(seen.at))]

    async def _enter_incomplete(self) -> Facts:
        line = await self._enter({})
        faults = check(line.sought, self._stage.law)
        letter = draft(line, faults, self._stage.authorities, self._stage.clock.now())
        self._played.files["lettre.pdf"] = await asyncio.to_thread(render_letter, letter)
        why = [("il manque", fault.french) for fault in faults]
        return [("registre", f"n° {line.name}, suspendue"), *why]

    async def _enter_corrected(self) -> Facts:
        first = self._played.line
        line = await self._enter({**_CORRECTED, "replaces": str(first.id) if first else ""})
        due = line.deadline_at.astimezone(ZoneInfo(PARIS))
        return [
            ("registre", f"n° {line.name}, reçue"),
            ("vérification", "rien ne manque"),
            ("à répondre avant le", f"{due:%d/%m/%Y}"),
        ]

    async def _enter(self, more: Mapping[str, str]) -> Line:
        stage, seen, now = self._stage, _known(self._played.sighting), self._stage.clock.now()
        day = now.astimezone(ZoneInfo(PARIS)).date()
        form = {
            **_ACT,
            "issued_on": day.isoformat(),
            "public_address": seen.address,
            "at_date": f"{seen.at:%Y-%m-%d}",
            "at_time": f"{seen.at:%H:%M:%S}",
            **more,
        }
        entry = read_entry(form, now, b"")  # about an address: no ticket's code to digest
        act = await asyncio.to_thread(render_pdf, _act(seen, more), day)
        self._played.files["acte.pdf"] = act
        async with stage.desk.begin() as db:
            holders = await load_holders(db)
            sealed = seal_document(act, [holder.recipient for holder in holders])
            by = signed_by(await _operator(db, holders[0].login), now)
            self._played.line = line = await enter(db, stage.law, entry, sealed, by)
        return line

    async def _prepare(self) -> Facts:
        stage, line, now = self._stage, _known(self._played.line), self._stage.clock.now()
        async with stage.desk.connect() as db:
            logins = [holder.login for holder in await load_holders(db)][:2]
            by = await _operator(db, logins[0])
        release = Release(line.id, logins, by, stage.authorities.service)
        made = await prepare_line(stage.desk, stage.places, stage.law, release, now)
        if made is None:
            raise Unavailable("the line may not be released where it stands")
        self._played.made = made
        await asyncio.to_thread(self._write_case, made)
        return [
            ("fichier", made.name),
            ("taille", f"{self._case.stat().st_size} octets, illisibles ici"),
            ("scellés joints", ", ".join(made.file.objects) or "aucun : ils sont détruits"),
            ("pour", f"{made.file.first.login}, puis {made.file.second.login}"),
        ]

    def _write_case(self, made: PreparedCase) -> None:
        with durable.writing(self._case, mode=0o600) as tar:
            write_case(self._stage.places, made.file, tar, made.extracts)

    async def _open(self) -> Facts:
        made, now = self._made, self._stage.clock.now()
        await asyncio.to_thread(self._open_outer, made.file.first.login, now)
        text = await self._receipt(Done.OPENED, made.file.first.login, self._opened.read_bytes())
        return [("dépositaire", made.file.first.login), ("reçu signé", text)]

    def _open_outer(self, login: str, now: datetime) -> None:
        case = read_case(self._case, self._signing_key.public.fingerprint)
        with durable.writing(self._opened, mode=0o600) as tar:
            open_case(case, read_identity(self._key(login, IDENTITY)), now, tar)

    async def _answer(self) -> Facts:
        made, now = self._made, self._stage.clock.now()
        login = made.file.second.login
        files = await asyncio.to_thread(self._sign_answer, login, now)
        self._played.files |= files
        await self._receipt(Done.ANSWERED, login, files["reponse.json"])
        told = json.loads(files["reponse.json"])["answers"][0]
        said = [("le rapport le dit", statement["text"]) for statement in told["statements"]]
        return [("appareils trouvés", str(told["devices"])), ("signé par", login), *said]

    def _sign_answer(self, login: str, now: datetime) -> dict[str, bytes]:
        case = read_case(self._opened, self._signing_key.public.fingerprint)
        identity = read_identity(self._key(login, IDENTITY))
        return answer_case(case, identity, SigningKey.read(self._key(login, SIGNING)), now).files

    async def _wait_a_year(self) -> Facts:
        day = _known(self._played.sighting).at.date()
        if not all(await segments_of(self._stage.owner, day)):
            await self._stage.pass_time(A_YEAR, "un an et un jour passent")
        parts = await self._until(lambda parts: bool(parts) and all(parts))
        return [("scellés détruits", str(len(parts)))]

    async def _certify(self) -> Facts:
        stage, seen, now = self._stage, _known(self._played.sighting), self._stage.clock.now()
        chain = await asyncio.to_thread(Chain.read, stage.places.archive)
        slip = certify(chain, seen.at.date(), now.date() + timedelta(days=1))
        by = Made(stage.authorities.service, now)
        law = stage.places.read_law()
        self._played.files |= await asyncio.to_thread(write, slip, law, by, self._signing_key)
        return [
            *((law.rules[Category(line.category)].french, line.ground) for line in slip.lines),
            ("le même dossier, aujourd'hui", await asyncio.to_thread(self._try_again)),
        ]

    def _try_again(self) -> str:
        """Return what comes of packing the case once more."""
        try:
            write_case(self._stage.places, self._made.file, BytesIO())
        except (ConfigurationError, Unavailable):
            return "impossible : ses clés et ses scellés n'existent plus"
        return "possible encore"

    # --- What they share ------------------------------------------------------------------------

    @property
    def _made(self) -> PreparedCase:
        return _known(self._played.made)

    @property
    def _case(self) -> Path:
        return self._stage.folder / self._made.name

    @property
    def _opened(self) -> Path:
        return self._case.with_suffix(".opened.tar")

    @property
    def _signing_key(self) -> SigningKey:
        return SigningKey.read(self._stage.places.signing_key)

    def _key(self, login: str, name: str) -> Path:
        return self._stage.custodians / login.partition("@")[0] / name

    async def _receipt(self, done: Done, login: str, octets: bytes) -> str:
        """Have the custodian sign what they did, and paste it at the desk; return the line."""
        made, now = self._made, self._stage.clock.now()
        receipt = Receipt(made.file.case, done, now, sha256(octets).hexdigest())
        text = sign_receipt(receipt, SigningKey.read(self._key(login, SIGNING)))
        async with self._stage.desk.begin() as db:
            if not await note_receipt(db, made.file, text, await _operator(db, login), now):
                raise Unavailable("the desk does not take the receipt")
        return text

    async def _until(self, holds: Callable[[list[bool]], bool]) -> list[bool]:
        """Wait until the segments of the day that is asked about are as they should be."""
        day = _known(self._played.sighting).at.date()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                parts = await segments_of(self._stage.owner, day)
                if holds(parts):
                    return parts
                await asyncio.sleep(_LOOK_SECONDS)


def _known(value: _Value | None) -> _Value:
    """Return what an earlier step left.

    Raises:
        Unavailable: it left nothing.
    """
    if value is None:
        raise Unavailable("an earlier step left nothing to go on with: begin again")
    return value


async def _operator(db: AsyncConnection, login: str) -> Operator:
    operator = await operator_by_login(db, login)
    if operator is None:
        raise Unavailable(f"{login} is no operator")
    return operator


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%d/%m/%Y à %H:%M:%S} UTC"


def _act(seen: Sighting, more: Mapping[str, str]) -> Document:
    """Return the act as it comes on paper: an example, which says so."""
    asked = (
        f"Nous vous demandons de nous dire quel appareil utilisait l'adresse {seen.address} le"
        f" {_written(seen.at)}, en application de l'article 77-1-1 du code de procédure pénale."
    )
    authorised = (
        f"Avec l'autorisation de : {_CORRECTED['magistrate']}. Délit puni de plus d'un an, commis"
        " par un réseau de communication (CPP 60-1-2, 2°)."
    )
    words = (Words(asked), Words(authorised)) if more else (Words(asked),)
    return Document(
        title="Réquisition",
        whose=_ACT["authority"],
        about="Exemple de la démonstration : aucune autorité n'a écrit cet acte.",
        sections=(Section(f"Procédure {_ACT['reference']}", words),),
    )
