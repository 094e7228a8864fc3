"""`case answer`: what the second custodian's machine says, signed; offline, without a database.

The answer holds what was asked and allowed, and nothing else of the opened days: what meets each
question, what limits what can be concluded, and the proof (hashes, manifests, signatures) that lets
a court's expert check it against the archive.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from retention.cases.answer_table import write_table
from retention.cases.case import CASE, Case, open_keys
from retention.cases.lookup import Attribution
from retention.cases.question import Question, summary
from retention.cases.replies import Reply, reply_to
from retention.cases.report import render_report
from retention.cases.statements import about, about_all
from retention.manifests import canonical, manifest
from retention.manifests.signing import SigningKey
from territory.database.tables.columns import Category
from territory.errors import ConfigurationError, Fault

FORMAT = "socle-answer-2"
JSON = "reponse.json"
TABLE = "reponse.csv"
REPORT = "rapport.pdf"
DIGESTS = "empreintes.sha256"
SIGNER = "signataire.pub.pem"


@dataclass(frozen=True, slots=True)
class Answer:
    """The files of an answer, by name, and what it comes to."""

    replies: tuple[Reply, ...]
    files: dict[str, bytes]


def answer_case(case: Case, identity: str, key: SigningKey, now: datetime) -> Answer:
    """Return the signed answer to a case whose outer layer is open.

    Raises:
        ConfigurationError: not opened yet, one of the keys is not the second custodian's, or it is
            the case of a hold.
    """
    if case.file.hold:
        raise ConfigurationError([Fault("case", "expected a question: `hold reseal` it instead")])
    keys = open_keys(case, identity)
    second = case.file.second
    if key.public.base64 != second.signing_key:
        raise ConfigurationError([Fault("--signing-key", f"expected {second.login}'s key")])
    replies = reply_to(case, keys)
    content = describe(case, replies, key, now)
    files = {JSON: canonical.encode(content), TABLE: write_table(content)}
    files[REPORT] = render_report(content, files)
    digests = [f"{manifest.digest(octets)}  {name}\n" for name, octets in files.items()]
    files[DIGESTS] = "".join(digests).encode()
    signatures = {f"{name}.sig": key.sign(octets) for name, octets in files.items()}
    return Answer(replies, {**files, **signatures, SIGNER: key.public.pem})


def describe(
    case: Case, replies: Sequence[Reply], key: SigningKey, now: datetime
) -> dict[str, Any]:
    """Return the content of `reponse.json`."""
    file = case.file
    act = file.requisition
    return {
        "format": FORMAT,
        "case": file.case,
        "service": file.service,
        "number": act.number,
        "authority": act.authority,
        "reference": act.reference,
        "legal_ground": act.legal_ground,
        "complete": all(reply.complete for reply in replies),
        "answers": [_reply(case, reply) for reply in replies],
        "days": [day.model_dump(mode="json") for day in file.days],
        "statements": list(about_all(replies, file.days)),
        "proof": _proof(case),
        "prepared_at": file.prepared_at,
        "prepared_by": file.prepared_by,
        "opened_by": [file.first.login, file.second.login],
        "answered_at": now,
        "signed_by": key.public.fingerprint,
    }


def _reply(case: Case, reply: Reply) -> dict[str, Any]:
    found, given = reply.found, reply.given
    sites = case.file.sites
    return {
        "question": _question(reply.question),
        "asked": [category.value for category in reply.question.categories],
        "given": [category.value for category in given],
        "withheld": [category.value for category in reply.withheld],
        "outcome": found.outcome.value if given else None,
        "devices": found.devices if Category.SOURCE in given else None,
        "complete": reply.complete,
        "attributions": [_attribution(a, sites) for a in found.attributions]
        if Category.SOURCE in given
        else [],
        "traffic": list(reply.traffic),
        "accounts": [{k: v for k, v in row.items() if k != "digest"} for row in reply.accounts],
        "identities": list(reply.identities),
        "statements": list(about(reply)),
    }


def _question(question: Question) -> dict[str, Any]:
    content = question.model_dump(exclude={"categories", "digest"})
    told = {k: v.astimezone(UTC) if isinstance(v, datetime) else v for k, v in content.items()}
    return {**told, "summary": summary(question)}


def _attribution(found: Attribution, sites: dict[str, str]) -> dict[str, Any]:
    first, last = found.ports or (None, None)
    return {
        "certainty": found.certainty.value,
        "device": found.device,
        "device_is_random": found.is_random,
        "site": found.site,
        "site_name": sites.get(found.site, ""),
        "public_address": found.public_address,
        "port_first": first,
        "port_last": last,
        "protocol": found.protocol,
        "address": found.address,
        "addresses6": list(found.addresses6),
        "from": found.began_at,
        "until": found.until,
        "until_is": found.until_is,
        "from_uncertainty_seconds": found.earlier_seconds,
        "until_uncertainty_seconds": found.later_seconds,
        "nas_clock_offset_seconds": found.nas_clock_offset_seconds,
        "user_name": found.user_name,
        "session": found.session,
    }


def _proof(case: Case) -> dict[str, Any]:
    return {
        "archive_key_sha256": case.archive_key.fingerprint,
        "chain_head_sha256": case.chain.digests[-1],
        "chain_length": len(case.chain.digests),
        "question_sha256": manifest.digest(case.beside[CASE]),
        "segments": [
            {
                "object": one.object,
                "sha256": one.sha256,
                "rows": one.rows,
                "manifest": one.where,
            }
            for one in case.vouched.values()
        ],
    }
