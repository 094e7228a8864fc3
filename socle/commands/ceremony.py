"""`socle archive drill` and `rewrap`: two custodians' work on the keys, away from the server.

`prepare`, `record`, `status` and `drop` run on the server; `open` and `answer` run on the
custodians' own machines, offline, as those of a case.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from socle.commands.for_whom import ForWhom, confirm
from socle.commands.on_site import as_only_runner

if TYPE_CHECKING:
    from pydantic import BaseModel

    from retention.keys.ceremonies import PairDrill
    from retention.keys.ceremony import Kind, Travelling
    from retention.sealing.archive import Runner

drill = typer.Typer(
    name="drill",
    help="Prove each quarter that two custodians can still open.",
    no_args_is_help=True,
)
rewrap = typer.Typer(
    name="rewrap",
    help="Wrap the keys of sealed days for new custodians; the segments stay as they are.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
Custodians = Annotated[
    list[str] | None, typer.Option("--custodian", help="Login of a custodian; name two.")
]
Output = Annotated[Path, typer.Option(help="Folder the file goes to.")]
File = Annotated[Path, typer.Argument(help="The file that travels.")]
IdentityFile = Annotated[
    Path, typer.Option("--key", help="Your age identity: custodian.age-identity.")
]
SigningFile = Annotated[
    Path, typer.Option("--signing-key", help="With which you sign: custodian-signing.pem.")
]
ArchiveKey = Annotated[
    str | None,
    typer.Option("--archive-key", help="SHA-256 of the archive's key, as you noted it on paper."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


@drill.command(name="prepare")
def prepare_drill(
    custodian: Custodians = None, output: Output = Path(), settings: SettingsFile = None
) -> None:
    """Make the file of a drill: a random value and three segments' keys, for two custodians.

    Example: socle archive drill prepare --custodian anne@meuse.example --custodian bruno@...
    """
    from retention.keys.ceremony import Kind

    _prepare(Kind.DRILL, custodian, output, settings)


@rewrap.command(name="prepare")
def prepare_rewrap(
    custodian: Custodians = None, output: Output = Path(), settings: SettingsFile = None
) -> None:
    """Make the file with which two custodians let the others open what was sealed before them.

    Example: socle archive rewrap prepare --custodian anne@meuse.example --custodian bruno@...
    """
    from retention.keys.ceremony import Kind

    _prepare(Kind.REWRAP, custodian, output, settings)


def _prepare(
    kind: "Kind", custodians: list[str] | None, output: Path, settings: Path | None
) -> None:
    from retention.keys.ceremonies import prepare

    made = as_only_runner(settings, lambda runner: prepare(runner, kind, custodians or ()))
    path = output / f"{kind}-{made.order.ceremony}.json"
    _write(path, made)
    typer.echo(path)
    typer.echo(f"{len(made.order.segments)} keys; hand it to {made.order.first.login}.", err=True)


@drill.command(name="open")
@rewrap.command(name="open")
def open_(
    file: File, key: IdentityFile, archive_key: ArchiveKey = None, for_whom: ForWhom = None
) -> None:
    """Take the outer layers off, as the first custodian: nothing can be read yet.

    Example: socle archive drill open drill-....json --key /media/cle-anne/custodian.age-identity
    """
    from retention.keys.age import read_identity
    from retention.keys.ceremony import open_outer

    opened = open_outer(_read(file, archive_key, for_whom), read_identity(key))
    path = file.with_name(f"{file.name.removesuffix('.json')}.opened.json")
    _write(path, opened)
    typer.echo(path)
    typer.echo(f"Hand it to {opened.order.second.login}, who answers.", err=True)


@drill.command()
@rewrap.command()
def answer(
    file: File,
    key: IdentityFile,
    signing_key: SigningFile,
    archive_key: ArchiveKey = None,
    for_whom: ForWhom = None,
) -> None:
    """Answer as the second custodian: each key is found to be its segment's, then signed.

    Example: socle archive drill answer drill-....opened.json --key .../custodian.age-identity
    --signing-key .../custodian-signing.pem
    """
    from retention.keys.age import read_identity
    from retention.keys.ceremony import answer as make
    from retention.manifests.signing import SigningKey
    from territory.clock import SystemClock

    travelling = _read(file, archive_key, for_whom)
    signed = make(travelling, read_identity(key), SigningKey.read(signing_key), SystemClock().now())
    path = file.with_name(f"{file.name.removesuffix('.opened.json')}.answer.json")
    _write(path, signed)
    typer.echo(path)
    typer.echo("Send it back to the server: `record` takes it in.", err=True)


@drill.command()
@rewrap.command()
def record(file: File, settings: SettingsFile = None) -> None:
    """Take an answer in, on the server: note the drill, or keep the new wrappings.

    Example: socle archive rewrap record rewrap-....answer.json
    """
    from retention.keys.ceremonies import record as take_in
    from retention.keys.ceremony import SignedAnswer, parse

    signed = parse(SignedAnswer, _octets(file))
    done = as_only_runner(settings, lambda runner: take_in(runner, signed))
    typer.echo(f"{done.kind} recorded, {done.segments} segments' keys changed")


@rewrap.command()
def drop(settings: SettingsFile = None) -> None:
    """Take the pairs with someone who is no custodian any more out of the key register.

    What nobody else could open is left as it is, and said (exit status 1).

    Example: socle archive rewrap drop
    """
    from retention.keys.ceremonies import drop_former

    done = as_only_runner(settings, drop_former)
    typer.echo(f"{done.segments} segments' keys lost a pair")
    if done.without_a_pair:
        told = "have no pair left but former ones: left as they were, `rewrap prepare` first"
        typer.echo(f"socle: {done.without_a_pair} segments {told}", err=True)
        raise typer.Exit(1)


@drill.command()
def status(as_json: AsJson = False, settings: SettingsFile = None) -> None:
    """Say of each pair of custodians when it last proved that it can open; 1 where overdue.

    Example: socle archive drill status
    """
    from retention.keys.ceremonies import load_pairs

    async def look(runner: "Runner") -> "tuple[list[PairDrill], datetime]":
        return await load_pairs(runner.connection), runner.now

    pairs, now = as_only_runner(settings, look)
    rows = [
        {
            "pair": [each.first, each.second],
            "proved_at": _text(each.proved_at),
            "due_at": _text(each.due_at),
            "overdue": each.is_overdue(now),
        }
        for each in pairs
    ]
    if as_json:
        typer.echo(json.dumps(rows))
    else:
        for row, each in zip(rows, pairs, strict=True):
            state = "OVERDUE" if row["overdue"] else "due"
            proved = row["proved_at"] or "never"
            typer.echo(f"{each.first} + {each.second}: proved {proved}, {state} {row['due_at']}")
    if any(row["overdue"] for row in rows):
        raise typer.Exit(1)


def _text(instant: datetime | None) -> str | None:
    return f"{instant.astimezone(UTC):%Y-%m-%d}" if instant else None


def _read(file: Path, archive_key: str | None, for_whom: list[str] | None) -> "Travelling":
    """Return the file, its signature found right, its key told, what it asks told or confirmed."""
    from retention.keys.ceremony import Travelling, fingerprint_of, parse
    from territory.errors import ConfigurationError, Fault

    travelling = parse(Travelling, _octets(file))
    fingerprint = fingerprint_of(travelling)
    if archive_key and fingerprint != archive_key.lower():
        expected = f"expected a file signed by {archive_key}; by {fingerprint}"
        raise ConfigurationError([Fault("--archive-key", expected)])
    if not archive_key:
        typer.echo(f"signed by {fingerprint}: NOT CHECKED", err=True)
    order = travelling.order
    what = f"{order.kind}: the keys of {len(order.segments)} segments"
    if order.custodians:
        confirm(f"{what} are wrapped", order.custodians, for_whom)
    else:
        typer.echo(f"{what} are opened, and given to nobody", err=True)
    return travelling


def _octets(file: Path) -> bytes:
    from territory.errors import ConfigurationError, Fault

    try:
        return file.read_bytes()
    except OSError as fault:
        raise ConfigurationError([Fault(str(file), f"expected a file: {fault}")]) from fault


def _write(path: Path, record: "BaseModel") -> None:
    from retention import durable
    from retention.keys.ceremony import encode

    durable.write(path, encode(record), mode=0o600)
