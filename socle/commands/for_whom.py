"""What a custodian sees and confirms at their own machine before keys are wrapped: for whom.

The server signs the order and lists the custodians; whoever owns the server could list keys of
their own. Only the paper on which custodians noted one another's fingerprints tells them apart.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from retention.cases.case_file import Holder

ForWhom = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        metavar="LOGIN=FINGERPRINT",
        help="Each custodian for whom keys are wrapped, from your paper; asked when not given.",
    ),
]


def confirm(what: str, custodians: Sequence["Holder"], noted: list[str] | None) -> None:
    """Print what is done and for whom; go on only where it is what the paper says.

    Args:
        what: is done, in a line.
        custodians: any two of whom could then open.
        noted: `LOGIN=FINGERPRINT` of each of them; None: the question is put at the terminal,
            where no answer is a refusal.

    Raises:
        ConfigurationError: others than those noted.
        typer.Abort: not confirmed.
    """
    from retention.keys.age import fingerprint_of
    from territory.errors import ConfigurationError, Fault

    typer.echo(f"{what}; any two of these could then open:", err=True)
    shown = [(each.login, fingerprint_of(each.recipient)) for each in custodians]
    for login, fingerprint in shown:
        typer.echo(f"  {fingerprint}  {login!r}", err=True)  # as written, nothing in it obeyed
    if noted is None:
        told = "Are these the custodians and the fingerprints on your paper, and no others?"
        typer.confirm(told, abort=True, err=True)
        return
    wanted = [f"{login}={fingerprint}" for login, fingerprint in shown]
    if sorted(map(_without_spaces, noted)) != sorted(map(_without_spaces, wanted)):
        expected = "the file is for others than those: tell the data protection officer"
        raise ConfigurationError([Fault("--for", expected)])


def _without_spaces(text: str) -> str:
    return text.replace(" ", "")
