"""`socle apply`: shows what a `territory.yaml` would change, asks, then makes it so.

Only the command's face; `socle.commands.applying` does it, and is imported when it is wanted.
"""

from pathlib import Path
from typing import Annotated

import typer


def apply(
    file: Annotated[
        Path,
        typer.Argument(
            help="The territory's description.", exists=True, dir_okay=False, readable=True
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Also take away what the file does not name.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Tell it as JSON.")] = False,
    settings: Annotated[
        Path | None,
        typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
    ] = None,
) -> None:
    """Bring organisations, plans, sites, gateways and operators to what FILE says.

    Shows the difference first and asks. Applying the same file twice changes nothing.

    Example: socle apply territory.yaml
    """
    from socle.commands.applying import Options, run

    run(file, Options(yes, prune, json_), settings)
