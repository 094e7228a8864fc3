"""`socle demo`: the whole base with a small territory and simulated sites, until Ctrl-C."""

from pathlib import Path

import typer

from socle.commands.serve import run_until_signal
from socle.demo.scene import PASSWORD, Scene, prepare_scene
from socle.logs import configure_logs


def demo(folder: Path, port: int) -> None:
    """Set the scene in `folder`, play it, and take everything down at the end."""
    configure_logs("demo")
    run_until_signal(_demo(folder, port))


async def _demo(folder: Path, port: int) -> None:
    typer.echo("Setting the scene: database, keys, territory, components, simulated sites...")
    scene = await prepare_scene(folder, port)
    try:
        await scene.play(lambda: typer.echo(_welcome(scene)))
    finally:
        scene.close()
        typer.echo("Everything is stopped.")


def _welcome(scene: Scene) -> str:
    """Return what to open and what to try."""
    return f"""
Socle is up. Open {scene.address}

  1. The guest's door: a phone in a window. Browse, accept the terms, be online, log out.
  2. Unplug a site, then look through the technician's door.
  3. "Next day" three times: the first day is sealed. "A year passes": its keys are destroyed.
  4. The door "Deux dépositaires": a whole requisition, from the act to the certificate.

Each door signs you in. By hand, every operator's password is: {PASSWORD}
Ctrl-C stops everything.
"""
