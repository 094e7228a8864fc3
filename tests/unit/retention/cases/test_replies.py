"""What a whole case answers: each kind of question, each category, and nothing else."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest

from retention.cases.answer import describe
from retention.cases.answer_table import write_table
from retention.cases.case import Case, Vouched
from retention.cases.case_file import CaseFile, Day, DayState, Extract, Holder
from retention.cases.case_tar import find_members, pack
from retention.cases.question import Question, Requisition, ask, require
from retention.cases.replies import Reply, reply_to
from retention.cases.report import describe as lay_out
from retention.cases.report import draw_report, render_report, spelled_out, verdict
from retention.cases.statements import about as say_about
from retention.keys import age
from retention.manifests import canonical, manifest
from retention.manifests.signing import SigningKey
from retention.manifests.verify import CheckedChain
from retention.sealing.columns import ACCOUNT_ROWS, IDENTITY_ROWS, SOURCE_SLICES, TRAFFIC_SLICES
from retention.sealing.segment import write_parquet
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError
from tests.servers.papers import check_paper

NOW = datetime(2026, 11, 21, 9, 0, 0, 123456, tzinfo=UTC)
FIRST, SECOND = date(2026, 11, 17), date(2026, 11, 18)
SPAN = {"since": "2026-11-17T00:00:00Z", "until": "2026-11-19T00:00:00Z"}
ALL = ("source", "traffic", "account", "identity")
PHONE, OTHER = "02:00:00:00:00:0a", "ac:de:48:00:00:0b"
JEANNE = "Jeanne@exemple.fr"


def noon(day: date, hours: int = 0) -> datetime:
    """Return an instant of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(hours=hours)


def slice_(day: date, device: str, session: str, name: str) -> dict[str, Any]:
    """Return an hour of a device at Verdun."""
    return dict.fromkeys(SOURCE_SLICES.names) | {
        "public_address": "192.0.2.10",
        "from": noon(day),
        "until": noon(day, 1),
        "from_uncertainty_seconds": 0,
        "until_uncertainty_seconds": 0,
        "until_is": "stop",
        "device": device,
        "address": "10.1.0.2",
        "addresses6": [],
        "site": "verdun",
        "user_name": name,
        "session": session,
    }


def volume(session: str, octets: int) -> dict[str, Any]:
    """Return a session's day."""
    return dict.fromkeys(TRAFFIC_SLICES.names) | {"session": session, "upload_octets": octets}


def right(guest: str, name: str | None) -> dict[str, Any]:
    """Return a contact, or a right that it earned."""
    told = {"guest": guest, "kind": "email", "digest": "00", "user_name": name}
    return dict.fromkeys(ACCOUNT_ROWS.names) | told


def who(guest: str, mail: str) -> dict[str, Any]:
    """Return who is behind a contact."""
    claims = json.dumps({"email": mail})
    told = {"guest": guest, "kind": "email", "told_by": "guest", "claims": claims}
    return dict.fromkeys(IDENTITY_ROWS.names) | told


ROWS: list[tuple[str, date | None, pa.Schema, list[dict[str, Any]]]] = [
    ("source", FIRST, SOURCE_SLICES, [slice_(FIRST, PHONE, "s1", "n1")]),
    (
        "source",
        SECOND,
        SOURCE_SLICES,
        [slice_(SECOND, PHONE, "s2", "n2"), slice_(SECOND, OTHER, "s3", "n3")],
    ),
    ("traffic", FIRST, TRAFFIC_SLICES, [volume("s1", 111), volume("s9", 999)]),
    ("account", SECOND, ACCOUNT_ROWS, [right("g1", None), right("g1", "n1"), right("g2", "n9")]),
    ("identity", SECOND, IDENTITY_ROWS, [who("g1", "jeanne@exemple.fr"), who("g2", "x@y.fr")]),
]


class Cases:
    """Makes cases of these rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys: dict[str, str] = {}
        self.sealed: dict[str, bytes] = {}
        self.vouched: dict[str, Vouched] = {}
        for category, day, schema, rows in ROWS:
            self._seal(category, day, pa.Table.from_pylist(rows, schema=schema))

    def _seal(self, category: str, day: date | None, table: pa.Table, part: int = 0) -> None:
        name, identity = f"{day}.{category}.{part}", age.new_identity()
        sealed = age.seal(write_parquet(table), age.recipient_of(identity))
        self.keys[name], self.sealed[name] = identity, sealed
        digest = manifest.digest(sealed)
        self.vouched[name] = Vouched(name, "m.json", day, category, part, digest, table.num_rows)

    def make(self, act: Requisition, *questions: Question) -> Case:
        """Return a case of these questions, whose segments lie in a real file."""
        days = [
            Day(day=day, state=state, category=category)
            for category in (Category.SOURCE, Category.TRAFFIC)
            for day, state in ((FIRST, DayState.SEALED), (SECOND, _state_of(category)))
        ]
        holders = [Holder(login=login, recipient="age1", signing_key="k") for login in "ab"]
        file = CaseFile(
            case=UUID(int=1),
            requisition=act,
            questions=questions,
            prepared_at=NOW,
            prepared_by="a",
            first=holders[0],
            second=holders[1],
            days=tuple(days),
            objects=tuple(self.sealed),
            sites={"verdun": "=Mairie de Verdun"},
        )
        path = self.folder / "case.tar"
        with path.open("wb") as tar:
            pack([(f"segments/{n}", octets) for n, octets in self.sealed.items()], NOW, tar)
        chain = CheckedChain((), ("ab",), ())
        beside = {"case.json": b"{}"}
        key = SigningKey.generate().public
        return Case(file, path, find_members(path), beside, chain, key, self.vouched, None)

    def ask(self, *questions: Question, allowed: tuple[str, ...] = ALL) -> tuple[Reply, ...]:
        """Return the replies."""
        act = require(reference="PV 1", legal_ground="CPP 60-1", allowed=allowed)
        return reply_to(self.make(act, *questions), self.keys)


def _state_of(category: Category) -> DayState:
    return DayState.SEALED if category is Category.SOURCE else DayState.DESTROYED


@pytest.fixture
def cases(tmp_path: Path) -> Cases:
    """Two days of source data, one of traffic, accounts and identities that ended."""
    return Cases(tmp_path)


def about(kind: str, categories: tuple[str, ...] = ("source",), **what: Any) -> Question:
    """Ask about two days."""
    return ask(NOW, kind=kind, categories=categories, **SPAN, **what)


def device(*categories: str) -> Question:
    """Ask about the phone."""
    return about("device", categories or ("source",), device=PHONE)


def by_mail(*categories: str) -> Question:
    """Ask about Jeanne."""
    return about("person", categories, identifier_kind="email", identifier=JEANNE)


def sessions(reply: Reply) -> list[str]:
    """Return the sessions that a reply found."""
    return [a.session for a in reply.found.attributions]


def test_several_questions_are_answered_in_one_reading(cases: Cases) -> None:
    """A device over two days, a site, a right by its name, an account by its identifier."""
    replies = cases.ask(
        device(),
        about("site", site="verdun"),
        about("person", identifier_kind="user_name", identifier="n3"),
        about("person", identifier_kind="account", identifier="g1"),
        about("device", device="02:00:00:00:00:ff"),
    )
    assert [sessions(reply) for reply in replies] == [
        ["s1", "s2"],
        ["s1", "s2", "s3"],
        ["s3"],
        ["s1"],
        [],
    ]
    assert [reply.complete for reply in replies] == [True, True, True, False, True]


def test_a_port_told_late_leads_to_its_device(cases: Cases) -> None:
    """A translation without its device: whoever had the private address, even where nobody knew
    the site's public one; and it is no session of the site's."""
    told = slice_(FIRST, PHONE, "s1", "n1") | dict.fromkeys(("device", "session", "user_name"))
    told |= {"public_address": "198.51.100.9", "port_first": 40_001, "port_last": 40_001}
    cases._seal("source", FIRST, pa.Table.from_pylist([told], schema=SOURCE_SLICES), 1)
    address = {"kind": "address", "public_address": "198.51.100.9", "at": "2026-11-17T12:30:00Z"}
    other, replies = (cases.ask(ask(NOW, port=port, **address)) for port in (40_002, 40_001))
    replies += cases.ask(about("site", site="verdun"))
    assert [sessions(reply) for reply in (*other, *replies)] == [[], ["s1"], ["s1", "s2", "s3"]]
    assert replies[0].found.attributions[0].ports == (40_001, 40_001)


def test_a_person_is_known_by_what_they_told(cases: Cases) -> None:
    """The address leads to the account, the account to its rights, the rights to the devices; what
    was only a step on the way does not leave."""
    (reply,) = cases.ask(by_mail("source"))
    assert sessions(reply) == ["s1"]
    assert (reply.accounts, reply.identities) == ((), ())
    phone = about("person", identifier_kind="phone", identifier="06 12 34 56 78")
    assert sessions(cases.ask(phone)[0]) == []


@pytest.mark.parametrize(
    ("told", "asked", "is_found"),
    [
        ("+33612345678", "06.12.34.56.78", True),
        ("+33612345678", "0033 6 12 34 56 78", True),
        ("06 12 34 56 78", "+33 6 12 34 56 78", True),
        ("+262692123456", "0692 12 34 56", True),
        ("+447911123456", "+33 7 91 11 23 45 6", False),
        ("+33791112345", "+44 7911 12345", False),
        ("", "Jeanne", False),
    ],
)
def test_a_number_is_another_in_another_country(
    cases: Cases, told: str, asked: str, is_found: bool
) -> None:
    """However it is written; the last digits alone are no number."""
    cases._seal("account", FIRST, pa.Table.from_pylist([right("g4", "n1")], schema=ACCOUNT_ROWS))
    person = {**who("g4", ""), "kind": "phone", "claims": json.dumps({"phone": told})}
    cases._seal("identity", FIRST, pa.Table.from_pylist([person], schema=IDENTITY_ROWS))
    (reply,) = cases.ask(about("person", identifier_kind="phone", identifier=asked))
    assert sessions(reply) == (["s1"] if is_found else [])


def test_each_category_is_what_it_is_and_about_what_was_found(cases: Cases) -> None:
    """Volumes of those sessions, the rights used and their account, who is behind it: no other."""
    (reply,) = cases.ask(device(*ALL))
    assert [(row["day"], row["upload_octets"]) for row in reply.traffic] == [(FIRST, 111)]
    assert [(r["guest"], r["user_name"]) for r in reply.accounts] == [("g1", None), ("g1", "n1")]
    assert [json.loads(r["claims"])["email"] for r in reply.identities] == ["jeanne@exemple.fr"]
    assert not reply.complete


def test_what_two_holds_preserved_is_told_once(cases: Cases) -> None:
    """Each one's segment travels; whoever adds up the volumes must not count them twice."""
    again = [
        ("source", SOURCE_SLICES, slice_(FIRST, PHONE, "s1", "n1")),
        ("traffic", TRAFFIC_SLICES, volume("s1", 111)),
    ]
    for category, schema, row in again:
        cases._seal(category, FIRST, pa.Table.from_pylist([row], schema=schema), part=2)
    (reply,) = cases.ask(device("source", "traffic"))
    assert sessions(reply) == ["s1", "s2"]
    assert [row["upload_octets"] for row in reply.traffic] == [111]


@pytest.mark.parametrize("allowed", [(), ("source",), ("traffic",), ("source", "identity")])
def test_what_was_not_asked_or_not_allowed_is_in_no_file(
    cases: Cases, allowed: tuple[str, ...]
) -> None:
    """Asked for all, each category leaves if its ground is there; what does not is named."""
    (reply,) = cases.ask(device(*ALL), allowed=allowed)
    act = require(reference="PV 1", legal_ground="CPP 60-1", allowed=allowed)
    case = cases.make(act, device(*ALL))
    content = describe(case, [reply], SigningKey.generate(), NOW)
    text = (canonical.encode(content["answers"]) + write_table(content)).decode()
    marks = {"source": '"s2"', "traffic": "111", "account": '"g1"', "identity": "jeanne"}
    there = {category for category, mark in marks.items() if mark in text}
    assert there - {"account"} == set(allowed)
    assert ("account" in there) == ("identity" in allowed)  # an identity names its account
    assert content["answers"][0]["withheld"] == [c for c in ALL if c not in allowed]
    codes = {statement["code"] for statement in content["answers"][0]["statements"]}
    assert "withheld" in codes


def test_an_extract_of_the_open_accounts_is_looked_at_too(cases: Cases) -> None:
    """What the database still held when the case was prepared is one more segment."""
    (reply,) = cases.ask(about("device", ALL, device=OTHER))
    assert reply.accounts == ()
    held = pa.Table.from_pylist([right("g3", "n3")], schema=ACCOUNT_ROWS)
    cases._seal("account", None, held)
    assert [row["guest"] for row in cases.ask(about("device", ALL, device=OTHER))[0].accounts] == [
        "g3"
    ]


@pytest.mark.parametrize("kind", ["email", "account"])
def test_open_accounts_that_led_nowhere_unseen_are_no_nothing(cases: Cases, kind: str) -> None:
    """Asked only where a person was: whoever has not ended lies in the database, and the answer
    claims no more than what it looked at; with the extracts, nothing is nothing."""
    question = about("person", identifier_kind=kind, identifier="personne@exemple.fr")
    act = require(reference="PV 1", legal_ground="CPP 60-1", allowed=ALL)
    case = cases.make(act, question)
    content = describe(case, reply_to(case, cases.keys), SigningKey.generate(), NOW)
    assert (content["answers"][0]["outcome"], content["complete"]) == ("nothing found", False)
    codes = [statement["code"] for statement in content["statements"]]
    assert "open_accounts" in codes
    told = {one["code"]: one["text"] for one in content["answers"][0]["statements"]}
    assert "Les comptes encore ouverts ne l'ont pas été" in told["nothing"]

    extracts = tuple(
        Extract(object=f"held.{one}.parquet.age", category=one, sha256="0" * 64, rows=0)
        for one in (Category.ACCOUNT, Category.IDENTITY)
    )
    whole = replace(case, file=case.file.model_copy(update={"extracts": extracts}))
    assert reply_to(whole, cases.keys)[0].complete


def test_a_segment_that_changed_since_it_was_checked_is_refused(cases: Cases) -> None:
    """A case is read from its file segment by segment: each is looked at again."""
    act = require(reference="PV 1", legal_ground="CPP 60-1")
    case = cases.make(act, device())
    octets = bytearray(case.path.read_bytes())
    octets[case.members[f"segments/{FIRST}.source.0"].offset] ^= 1
    case.path.write_bytes(octets)
    with pytest.raises(ConfigurationError, match="changed meanwhile"):
        reply_to(case, cases.keys)


def test_the_report_says_what_was_found_and_carries_what_it_was_made_of(cases: Cases) -> None:
    """PDF/A-3a and PDF/UA-1, whatever the clock's microseconds; the verdict first, the missing
    days named, a random address called one; a cell that begins a formula is text."""
    act = require(reference="PV d'un jour", legal_ground="CPP 60-1", allowed=ALL)
    nothing = about("device", device="02:00:00:00:00:ff")
    at = {"public_address": "192.0.2.10", "at": "2026-11-18T12:30Z"}
    questions = (device(*ALL), nothing, ask(NOW, **at))
    case = cases.make(act, *questions)
    content = describe(case, reply_to(case, cases.keys), SigningKey.generate(), NOW)
    files = {"reponse.json": canonical.encode(content), "reponse.csv": write_table(content)}

    assert [verdict(answer) for answer in content["answers"]] == [
        "2 attributions : un appareil. Réponse incomplète : voir les observations.",
        "Rien n'a été trouvé.",
        "Réponse ambiguë : 2 appareils partageaient cette adresse.",
    ]
    laid = lay_out(content, files)
    (found, _, shared) = laid["replies"]
    assert [(d["name"], d["nature"]) for d in found["devices"]] == [
        (PHONE, "adresse MAC aléatoire")
    ]
    assert len(shared["devices"]) == 2
    assert ("Soit", "18/11/2026 12:30:00 UTC, toute la minute") in shared["facts"]
    assert any("couvre toute cette minute" in said for said in shared["statements"])
    assert any("Détruit à l’échéance légale" in said for said in laid["statements"])
    assert any(PHONE in said for said in found["statements"])
    table = list(csv.DictReader(io.StringIO(files["reponse.csv"].decode())))
    assert [(line["question"], line["session"]) for line in table] == [
        ("1", "s1"),
        ("1", "s2"),
        ("3", "s2"),
        ("3", "s3"),
    ]
    assert table[0]["site_name"] == "'=Mairie de Verdun"
    pdf = render_report(content, files)
    assert PHONE in check_paper(pdf, attached=files).text
    for right, wrong in (
        (b"<pdfaid:conformance>A", b"<pdfaid:conformance>B"),
        (b"/GTS_PDFA1", b"/GTS_PDFX1"),
        (b"/AFRelationship", b"/AFRelationshop"),
    ):
        assert right in pdf
        with pytest.raises(AssertionError, match="19005-3"):
            check_paper(pdf.replace(right, wrong), attached=files)
    assert len(draw_report(content, files)) >= 2


def test_sites_whose_address_was_not_known_are_told_where_nobody_is_found(cases: Cases) -> None:
    """Devices were online there at that time, and the address may have been theirs."""
    unknown = slice_(FIRST, OTHER, "s8", "n8") | {"public_address": None, "site": "bar-le-duc"}
    cases._seal("source", FIRST, pa.Table.from_pylist([unknown], schema=SOURCE_SLICES), part=1)
    replies = cases.ask(
        ask(NOW, public_address="203.0.113.7", at="2026-11-17T12:30:00Z"),
        ask(NOW, public_address="203.0.113.7", at="2026-11-17T15:30:00Z"),
        ask(NOW, public_address="192.0.2.10", at="2026-11-17T12:30:00Z"),
        ask(NOW, public_address="2001:db8::7", at="2026-11-17T12:30:00Z"),
        device(),
    )
    assert [reply.unplaced for reply in replies] == [1, 0, 0, 0, 0]
    codes = [[one["code"] for one in say_about(reply)] for reply in replies]
    assert ["unplaced" in each for each in codes] == [True, False, False, False, False]


def test_a_name_that_no_font_has_does_not_stop_an_answer(cases: Cases) -> None:
    """Whoever chose it; on paper by its code, which is said, and whole in what is attached."""
    cases._seal("account", FIRST, pa.Table.from_pylist([right("g4", "n2")], schema=ACCOUNT_ROWS))
    person = who("g4", "李🚀@exemple.fr")
    cases._seal("identity", FIRST, pa.Table.from_pylist([person], schema=IDENTITY_ROWS))
    act = require(reference="PV 1", legal_ground="CPP 60-1", allowed=ALL)
    case = cases.make(act, device(*ALL))
    content = describe(case, reply_to(case, cases.keys), SigningKey.generate(), NOW)
    files = {"reponse.json": canonical.encode(content)}
    assert render_report(content, files).startswith(b"%PDF-1.7")
    laid = lay_out(content, files)
    printed = spelled_out(laid)
    assert "[U+674E][U+1F680]@exemple.fr" in json.dumps(printed["replies"])
    assert "par son code" in printed["statements"][-1]
    assert printed["attached"] == laid["attached"]
