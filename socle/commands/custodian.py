"""`socle custodian`: a custodian's own keys, made on their machine and never sent to the server."""

from pathlib import Path
from typing import Annotated

import typer

custodian = typer.Typer(
    name="custodian",
    help="A custodian's own keys, made on their machine.",
    no_args_is_help=True,
)

IDENTITY = "custodian.age-identity"
SIGNING = "custodian-signing.pem"


@custodian.callback()
def _of_a_custodian() -> None:
    """Keep `keygen` a command of its own, though it is the only one."""


@custodian.command()
def keygen(
    folder: Annotated[Path, typer.Argument(help="Where the two private keys go: a USB key.")],
) -> None:
    """Make a custodian's two private keys, and print the two public ones to hand over.

    Example: socle custodian keygen /media/cle-anne
    """
    from retention.keys.age import fingerprint_of

    identity_file, signing_file = folder / IDENTITY, folder / SIGNING
    there = [path for path in (identity_file, signing_file) if path.exists()]
    if there:
        typer.echo(f"socle: {there[0]} exists: a key that is lost cannot be made again", err=True)
        raise typer.Exit(1)
    recipient, signing_key = make_keys(folder)
    typer.echo(f"Private, for you alone: {identity_file} and {signing_file}", err=True)
    typer.echo(
        "Public, for the administrator to put beside your login in territory.yaml:", err=True
    )
    typer.echo(f"Fingerprint, for each custodian's paper: {fingerprint_of(recipient)}", err=True)
    typer.echo(f"age_recipient: {recipient}\nsigning_key: {signing_key}")


def make_keys(folder: Path) -> tuple[str, str]:
    """Write both private keys into `folder`; return the public age recipient and signing key."""
    from retention import durable
    from retention.keys import age
    from retention.manifests.signing import SigningKey

    identity, signing = age.new_identity(), SigningKey.generate()
    recipient = age.recipient_of(identity)
    written = f"# public key: {recipient}\n{identity}\n"
    durable.write(folder / IDENTITY, written.encode(), mode=0o600)
    durable.write(folder / SIGNING, signing.pem, mode=0o600)
    return recipient, signing.public.base64
