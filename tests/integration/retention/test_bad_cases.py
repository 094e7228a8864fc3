"""Case files that were cut, changed or exchanged on their way: each named, none opened."""

import hashlib
import json
import tarfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import pytest

from retention.cases.answer import answer_case
from retention.cases.case import open_case, read_case
from retention.cases.case_file import Holder
from retention.cases.case_tar import pack
from retention.cases.prepare import Order, Preparer, choose, prepare_case, write_case
from retention.cases.question import ask, require
from retention.keys import age
from retention.manifests import canonical
from retention.manifests.signing import SigningKey
from retention.sealing.archive import Places
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.errors import ConfigurationError, Unavailable
from tests.evidence import CUSTODIANS, VERDUN, Evidence, Session, at, run_archive, visit

NOW = at("2026-11-21 09:00")
ACT = require(reference="r", legal_ground="g")


async def prepare(
    role_url: Callable[[Component], str],
    places: Places,
    when: str = "2026-11-17T10:15:00Z",
    logins: tuple[str, ...] = (),
) -> bytes:
    """Prepare a case; return its octets."""
    question = ask(NOW, public_address=VERDUN.public_address, at=when)
    engine = open_engine(role_url(Component.DESK))
    try:
        order = Order(ACT, (question,), logins, Preparer("test"))
        made = await prepare_case(engine, places, order, NOW)
    finally:
        await engine.dispose()
    tar = BytesIO()
    write_case(places, made.file, tar)
    return tar.getvalue()


def members_of(file: Path) -> dict[str, bytes]:
    """Return every file of a case, by its name."""
    with tarfile.open(file) as tar:
        opened = ((member.name, tar.extractfile(member)) for member in tar)
        return {name: content.read() for name, content in opened if content}


def pack_again(file: Path, members: Mapping[str, bytes]) -> None:
    """Put a case together again."""
    with file.open("wb") as tar:
        pack(members.items(), NOW, tar)


def open_in_place(file: Path, identity: str) -> None:
    """Open a case's outer layer."""
    tar = BytesIO()
    open_case(read_case(file), identity, NOW, tar)
    file.write_bytes(tar.getvalue())


@pytest.fixture
async def file(
    evidence: Evidence, places: Places, role_url: Callable[[Component], str], tmp_path: Path
) -> Path:
    """A good case file."""
    await evidence.days("2026-11-17", 5)
    await evidence.record(
        Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10"), *visit(at("2026-11-17 10:00"), 30)
    )
    await run_archive(evidence.retention_url, places, NOW)
    path = tmp_path / "case.tar"
    path.write_bytes(await prepare(role_url, places))
    return path


def changed(file: Path, name: str, change: Callable[[bytes], bytes | None]) -> None:
    """Change one member of a case file, or take it out."""
    members = members_of(file)
    content = change(members.pop(name))
    pack_again(file, members if content is None else {**members, name: content})


def flipped(octets: bytes) -> bytes:
    """Change one bit in the middle."""
    middle = len(octets) // 2
    return octets[:middle] + bytes([octets[middle] ^ 1]) + octets[middle + 1 :]


def asking_for_more(octets: bytes) -> bytes:
    """Widen the question, well formed."""
    content = json.loads(octets)
    content["questions"][0]["uncertainty_seconds"] = 3600
    return canonical.encode(content)


async def test_a_widened_question_is_refused(file: Path) -> None:
    """The archive signed what was asked: nobody on the way can ask for more."""
    changed(file, "case.json", asking_for_more)
    with pytest.raises(ConfigurationError, match="not as the archive signed it"):
        read_case(file)


async def test_a_case_signed_anew_by_another_key_is_refused(file: Path, places: Places) -> None:
    """A forger signs a question, and the whole chain, with a key of their own: the paper tells."""
    fingerprint = SigningKey.read(places.signing_key).public.fingerprint
    assert read_case(file, fingerprint).archive_key.fingerprint == fingerprint
    forger, members = SigningKey.generate(), members_of(file)
    previous = None
    for name in sorted(n for n in members if n.startswith("manifests/") and n.endswith(".json")):
        content = json.loads(members[name])
        content |= {"signed_by": forger.public.fingerprint, "previous": previous}
        members[name] = canonical.encode(content)
        members[f"{name}.sig"] = forger.sign(members[name])
        previous = hashlib.sha256(members[name]).hexdigest()
    members["case.json"] = asking_for_more(members["case.json"])
    members["case.json.sig"] = forger.sign(members["case.json"])
    members["archive-signing.pub.pem"] = forger.public.pem
    pack_again(file, members)

    assert read_case(file).archive_key == forger.public
    with pytest.raises(ConfigurationError, match="not the expected key"):
        read_case(file, fingerprint)


async def test_only_the_second_custodians_own_key_signs(
    file: Path, identities: dict[str, str], signers: dict[str, SigningKey]
) -> None:
    """The case names the key that answers: another's, the first custodian's too, is refused."""
    first, second = CUSTODIANS
    open_in_place(file, identities[first])
    opened = read_case(file)
    for other in (SigningKey.generate(), signers[first]):
        with pytest.raises(ConfigurationError, match=f"--signing-key: expected {second}'s key"):
            answer_case(opened, identities[second], other, NOW)
    assert (
        answer_case(opened, identities[second], signers[second], NOW).replies[0].found.devices == 1
    )


@pytest.mark.parametrize("change", [flipped, lambda octets: None])
@pytest.mark.parametrize("kind", ["segments/", "manifests/", "case.json.sig", "archive-signing"])
async def test_any_changed_or_missing_part_is_named(
    file: Path, kind: str, change: Callable[[bytes], bytes | None]
) -> None:
    """Segment, manifest, signature, key: the case is not opened."""
    name = sorted(n for n in members_of(file) if n.startswith(kind))[0]
    changed(file, name, change)
    with pytest.raises(ConfigurationError):
        read_case(file)


@pytest.mark.parametrize("content", [b"", b"not a tar", b"\x00" * 10_240])
async def test_what_is_no_case_is_said(tmp_path: Path, content: bytes) -> None:
    """Empty, text, an empty tar."""
    path = tmp_path / "x.tar"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match="case file"):
        read_case(path)


async def test_a_damaged_key_layer_opens_for_nobody(file: Path, identities: dict[str, str]) -> None:
    """The outer layer's octets changed: the first custodian is told, nothing is written."""
    name = next(n for n in members_of(file) if n.startswith("keys/"))
    changed(file, name, flipped)
    case = read_case(file)
    with pytest.raises(ConfigurationError, match="key"):
        open_case(case, identities[case.file.first.login], NOW, BytesIO())


async def test_a_case_is_opened_once_and_by_the_right_one(
    file: Path, identities: dict[str, str], signers: dict[str, SigningKey]
) -> None:
    """A stranger's key, the wrong order, twice: each refused in words."""
    case = read_case(file)
    first, second = (identities[login] for login in CUSTODIANS)
    for stranger in (age.new_identity(), second):
        with pytest.raises(ConfigurationError, match=CUSTODIANS[0]):
            open_case(case, stranger, NOW, BytesIO())
    open_in_place(file, first)
    opened = read_case(file)
    assert opened.opened
    assert opened.opened.opened_at == NOW
    with pytest.raises(ConfigurationError, match="open already"):
        open_case(opened, first, NOW, BytesIO())
    with pytest.raises(ConfigurationError, match=CUSTODIANS[1]):
        answer_case(opened, first, signers[CUSTODIANS[1]], NOW)


@pytest.mark.parametrize(
    ("when", "state"),
    [
        ("2026-11-16T10:00:00Z", "before the archive"),
        ("2026-11-19T10:00:00Z", "not sealed yet"),
    ],
)
async def test_a_day_that_is_not_held_makes_an_answer_too(
    file: Path,
    places: Places,
    role_url: Callable[[Component], str],
    identities: dict[str, str],
    signers: dict[str, SigningKey],
    when: str,
    state: str,
) -> None:
    """Nothing travels, nothing is opened, and the answer says why."""
    file.write_bytes(await prepare(role_url, places, when))
    case = read_case(file)
    assert case.file.objects == ()
    open_in_place(file, identities[CUSTODIANS[0]])
    second = CUSTODIANS[1]
    made = answer_case(read_case(file), identities[second], signers[second], NOW)
    assert not made.replies[0].complete
    assert json.loads(made.files["reponse.json"])["days"][0]["state"] == state
    assert made.files["rapport.pdf"].startswith(b"%PDF-1.7")


async def test_before_any_day_is_sealed_no_case_is_made(
    evidence: Evidence, places: Places, role_url: Callable[[Component], str]
) -> None:
    """The remedy is in the message."""
    with pytest.raises(Unavailable, match="archive run"):
        await prepare(role_url, places)


@pytest.mark.parametrize("logins", [("a",), ("a", "a"), ("a", "nobody"), ("a", "b", "c")])
def test_two_custodians_are_chosen_of_those_there_are(logins: tuple[str, ...]) -> None:
    """Two different ones; without names only when there are just two."""
    three = [Holder(login=login, recipient="age1", signing_key="k") for login in "abc"]
    with pytest.raises(ConfigurationError, match="a, b, c"):
        choose(three, logins)
    with pytest.raises(ConfigurationError):
        choose(three, ())
    assert [h.login for h in choose(three, ("c", "a"))] == ["a", "c"]
    assert [h.login for h in choose(three[:2], ())] == ["a", "b"]


def test_who_is_to_answer_has_a_key_to_sign_with() -> None:
    """Else nobody could: said when the case is made, not by the second custodian's machine."""
    a, b = (Holder(login=login, recipient="age1") for login in "ab")
    with pytest.raises(ConfigurationError, match="signing_key for b"):
        choose([a.model_copy(update={"signing_key": "k"}), b], ())
