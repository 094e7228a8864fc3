"""Two custodians' work on keys, away from the server: a drill, or keys wrapped for new pairs.

One file travels as a case does: the server signs it; the first custodian opens the outer layers on
their machine, the second the inner ones, and answers with their signature. The answer to a drill is
a value that only those two can have read. The answer to a re-wrapping is each segment's key,
wrapped for every pair of the custodians there are now: the segments stay as they are, and no
private key comes near the server. Pure, but for the randomness of what is sealed.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self, TypeVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, model_validator

from retention.cases.case_file import Holder
from retention.keys import age
from retention.keys.key_register import (
    Custodian,
    WrappedKey,
    decode_keys,
    encode_keys,
    unwrap,
    wrap,
)
from retention.manifests import canonical
from retention.manifests.signing import PublicKey, SigningKey
from territory.errors import ConfigurationError, Fault

CHALLENGE = "challenge"
"""Name of the layer that holds a drill's random value."""
_VALUE_OCTETS = 32
_VALUE = re.compile(rf"[0-9a-f]{{{2 * _VALUE_OCTETS}}}")


class Kind(StrEnum):
    """What is done with the keys."""

    DRILL = "drill"
    """They are opened, to know that they can be."""
    REWRAP = "rewrap"
    """They are wrapped for the pairs of new custodians."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Order(_Record):
    """What the server asks, and signs."""

    format: Literal["socle-ceremony-1"] = "socle-ceremony-1"
    ceremony: UUID
    kind: Kind
    prepared_at: AwareDatetime
    first: Holder
    """Opens the outer layers."""
    second: Holder
    """Opens the inner layers, and answers."""
    custodians: tuple[Holder, ...] = ()
    """For whose pairs the keys are wrapped; none in a drill."""
    segments: dict[str, str]
    """age public key of each segment concerned, by its object: which key its layer must hold."""

    @model_validator(mode="after")
    def _is_for_somebody_or_for_nobody(self) -> Self:
        if (self.kind is Kind.REWRAP) != bool(self.custodians):
            raise ValueError("custodians: expected in a rewrap, and in no drill")
        return self


class Travelling(_Record):
    """The file that travels."""

    order: Order
    signature: str
    """The archive's, over the order's canonical text; base64."""
    archive_key: str
    """PEM; it vouches for itself: compare its fingerprint with the one noted elsewhere."""
    layers: dict[str, str]
    """age files in base64: by their objects, and the challenge of a drill."""
    opened: bool = False
    """The outer layers are off."""


class Answer(_Record):
    """What the second custodian signs."""

    format: Literal["socle-ceremony-answer-1"] = "socle-ceremony-answer-1"
    ceremony: UUID
    answered_at: AwareDatetime
    value: str | None = None
    """The drill's random value, in hexadecimal."""
    entries: dict[str, str] = {}
    """Entries of the key register with the new wrappings, by object; base64."""


class SignedAnswer(_Record):
    """The file that comes back."""

    answer: Answer
    signature: str
    """The second custodian's, over the answer's canonical text; base64."""


R = TypeVar("R", Travelling, SignedAnswer)


def parse(kind: type[R], octets: bytes) -> R:
    """Return the file's content.

    Raises:
        ConfigurationError: it is not one.
    """
    try:
        return kind.model_validate_json(octets)
    except ValidationError as fault:
        expected = "expected a file of `archive drill` or `archive rewrap`"
        raise ConfigurationError([Fault("file", expected)]) from fault


def encode(record: BaseModel) -> bytes:
    """Return the canonical text of a file or of what is signed in it."""
    return canonical.encode(record.model_dump(mode="python"))


def challenge_for(first: Custodian, second: Custodian) -> tuple[WrappedKey, bytes]:
    """Return a random value wrapped for one pair as a segment's key is, and its SHA-256."""
    value = secrets.token_hex(_VALUE_OCTETS)
    (wrapped,) = wrap(value, (first, second))
    return wrapped, hashlib.sha256(value.encode()).digest()


def travel(order: Order, layers: Mapping[str, bytes], key: SigningKey) -> Travelling:
    """Return the file for the first custodian, signed by the archive."""
    return Travelling(
        order=order,
        signature=base64.b64encode(key.sign(encode(order))).decode(),
        archive_key=key.public.pem.decode(),
        layers={name: base64.b64encode(layer).decode() for name, layer in layers.items()},
    )


def fingerprint_of(file: Travelling) -> str:
    """Return the fingerprint of the key that signed it, once the signature is found right.

    Raises:
        ConfigurationError: changed since the archive signed it.
    """
    try:
        key = PublicKey.from_pem(file.archive_key.encode())
        signed = key.has_signed(encode(file.order), base64.b64decode(file.signature))
    except ValueError:
        signed = False
    if not signed:
        raise ConfigurationError([Fault("file", "is not as the archive signed it")])
    return key.fingerprint


def open_outer(file: Travelling, identity: str) -> Travelling:
    """Return the file with its outer layers off, for the second custodian.

    Raises:
        ConfigurationError: changed, opened already, or not this custodian's to open first.
    """
    fingerprint_of(file)
    if file.opened:
        raise ConfigurationError([Fault("file", "its outer layers are open already")])
    inner = _open(file, identity, file.order.first)
    layers = {name: base64.b64encode(layer).decode() for name, layer in inner.items()}
    return file.model_copy(update={"layers": layers, "opened": True})


def answer(file: Travelling, identity: str, key: SigningKey, now: datetime) -> SignedAnswer:
    """Return the second custodian's answer, signed.

    Raises:
        ConfigurationError: changed, not opened by the first, another's keys, or a layer that holds
            another key than its segment's.
    """
    fingerprint_of(file)
    order = file.order
    if not file.opened:
        raise ConfigurationError([Fault("file", f"expected it opened by {order.first.login}")])
    if key.public.base64 != order.second.signing_key:
        raise ConfigurationError([Fault("--signing-key", f"expected {order.second.login}'s key")])
    inside = _open(file, identity, order.second)
    found = {name: octets.decode().strip() for name, octets in inside.items()}
    _check_keys(order, found)
    _check_value(order, found)
    made = Answer(
        ceremony=order.ceremony,
        answered_at=now,
        value=found.get(CHALLENGE),
        entries=_rewrapped(order, found),
    )
    return SignedAnswer(answer=made, signature=base64.b64encode(key.sign(encode(made))).decode())


def _open(file: Travelling, identity: str, holder: Holder) -> dict[str, bytes]:
    if age.recipient_of(identity) != holder.recipient:
        raise ConfigurationError([Fault("--key", f"expected {holder.login}'s key")])
    opened: dict[str, bytes] = {}
    for name, layer in file.layers.items():
        try:
            opened[name] = unwrap(base64.b64decode(layer), identity)
        except (age.CannotOpen, ValueError) as fault:
            raise ConfigurationError([Fault(name, "its layer cannot be opened")]) from fault
    return opened


def _check_keys(order: Order, found: Mapping[str, str]) -> None:
    """Refuse an identity that is not its segment's: the register was changed."""
    faults = [
        Fault(name, "its layer holds another key than the one it was sealed to")
        for name, recipient in order.segments.items()
        if name not in found or not _opens(found[name], recipient)
    ]
    if faults:
        raise ConfigurationError(faults)


def _check_value(order: Order, found: Mapping[str, str]) -> None:
    """Refuse to answer with anything but a drill's value: a segment's key would leave in clear."""
    expected = {CHALLENGE} if order.kind is Kind.DRILL else set()
    if found.keys() - order.segments.keys() != expected:
        raise ConfigurationError([Fault("file", f"has other layers than a {order.kind}'s")])
    if expected and not _VALUE.fullmatch(found[CHALLENGE]):
        raise ConfigurationError([Fault(CHALLENGE, "its layer does not hold a drill's value")])


def _opens(identity: str, recipient: str) -> bool:
    try:
        return age.recipient_of(identity) == recipient
    except age.CannotOpen:
        return False


def _rewrapped(order: Order, found: Mapping[str, str]) -> dict[str, str]:
    custodians = [Custodian(each.login, each.recipient) for each in order.custodians]
    if not custodians:
        return {}
    return {
        name: base64.b64encode(encode_keys(name, wrap(found[name], custodians))).decode()
        for name in order.segments
    }


def check_answer(signed: SignedAnswer, signing_key: str, challenge: bytes | None) -> None:
    """Refuse an answer that is not the second custodian's, or not the drill's value.

    Args:
        signed: what came back.
        signing_key: base64 of the Ed25519 public key that had to answer.
        challenge: SHA-256 of the drill's value; None for a re-wrapping.

    Raises:
        ConfigurationError: which.
    """
    octets = encode(signed.answer)
    try:
        key = PublicKey(base64.b64decode(signing_key))
        is_signed = key.has_signed(octets, base64.b64decode(signed.signature))
    except ValueError:
        is_signed = False
    if not is_signed:
        raise ConfigurationError([Fault("answer", "is not signed by who had to answer")])
    value = signed.answer.value or ""
    if challenge and hashlib.sha256(value.encode()).digest() != challenge:
        raise ConfigurationError([Fault("answer", "does not hold the drill's value")])


def merged(
    kept: Sequence[WrappedKey], new: Sequence[WrappedKey], custodians: Sequence[Custodian]
) -> list[WrappedKey]:
    """Return the wrapped keys of a segment for the pairs of `custodians`.

    What is there for a pair that still stands is kept as it is, so that an answer that is wrong
    takes nothing away; pairs with someone who is no custodian any more, or has another key, go.
    """
    pairs = [
        (first, second)
        for number, first in enumerate(sorted(custodians))
        for second in sorted(custodians)[number + 1 :]
    ]
    found = ([k for k in (*kept, *new) if k.is_for(*pair)] for pair in pairs)
    return [keys[0] for keys in found if keys]


def entry_of(signed: SignedAnswer, object_name: str) -> list[WrappedKey]:
    """Return the new wrappings of one segment.

    Raises:
        ConfigurationError: they cannot be read.
    """
    try:
        return decode_keys(base64.b64decode(signed.answer.entries[object_name]))
    except (ValueError, KeyError, TypeError) as fault:
        raise ConfigurationError([Fault(object_name, "its new keys cannot be read")]) from fault
