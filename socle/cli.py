"""The command line: what people type, what they get back.

Exit status 0, 1 (failed) or 2 (usage or configuration). Heavy imports wait inside the commands, so
that `--help` answers at once.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from socle.commands.apply import apply
from socle.commands.archive import archive
from socle.commands.block import block
from socle.commands.case import case
from socle.commands.custodian import custodian
from socle.commands.device import device
from socle.commands.link import link
from socle.commands.nas import nas
from socle.commands.operator import operator
from socle.commands.radsec import radsec
from socle.commands.site import site
from socle.commands.ticket import ticket
from socle.status import FAILED, MISCONFIGURED, Misconfigured
from territory.database.components import Component
from territory.errors import ConfigurationError, Unavailable

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]

app = typer.Typer(
    name="socle",
    help="The common base of a territory's public Wi-Fi.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(apply)
app.add_typer(archive, name="archive")
app.add_typer(block, name="block")
app.add_typer(case, name="case")
app.add_typer(custodian, name="custodian")
app.add_typer(device, name="device")
app.add_typer(link, name="link")
app.add_typer(nas, name="nas")
app.add_typer(operator, name="operator")
app.add_typer(radsec, name="radsec")
app.add_typer(site, name="site")
app.add_typer(ticket, name="ticket")


@app.command()
def serve(
    components: Annotated[
        list[Component] | None, typer.Argument(help="Only these; all when none is named.")
    ] = None,
    settings: SettingsFile = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=16, help="RADIUS processes; `radius.workers` if not.")
    ] = None,
) -> None:
    """Run the base: portal, RADIUS, supervision, retention and the requisition desk.

    Example: SOCLE_DATABASE__URL=postgresql://socle@db/socle socle serve
    """
    from socle.commands.serve import serve as run

    run(components or [], settings, workers)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    settings: SettingsFile = None,
) -> None:
    """Look at the settings, the database and each component; say what to do about faults.

    Example: socle doctor
    """
    import asyncio

    from socle.commands.doctor import examine, report
    from territory.settings import load_settings

    findings = asyncio.run(examine(load_settings(settings)))
    typer.echo(report(findings, as_json))
    if any(finding.stops for finding in findings):
        raise typer.Exit(FAILED)


@app.command()
def prometheus(
    host: Annotated[
        str, typer.Option(help="How Prometheus reaches this machine: a name or an address.")
    ] = "127.0.0.1",
    settings: SettingsFile = None,
) -> None:
    """Print the configuration with which Prometheus scrapes every process of this base.

    Example: socle prometheus --host socle.lan > /etc/prometheus/prometheus.yml
    """
    from deploy.stack.scraping import scrape_configuration
    from territory.settings import load_settings

    typer.echo(scrape_configuration(load_settings(settings), host), nl=False)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Made anew at each start.")] = Path("socle-demo"),
    port: Annotated[int, typer.Option(help="Port of the demonstration's first page.")] = 8000,
) -> None:
    """Run the whole base with a small territory and simulated sites, to be tried by hand.

    Example: socle demo
    """
    from socle.commands.demo import demo as run

    run(folder, port)


@app.command()
def simulate(
    phones: Annotated[
        int, typer.Option(min=0, max=200, help="Guests who come and go at each gateway.")
    ] = 2,
    settings: SettingsFile = None,
) -> None:
    """Bring the described gateways that have a loopback address alive, beside `socle serve`.

    Example: socle simulate --phones 3
    """
    from socle.commands.serve import run_until_signal
    from socle.commands.simulate import simulate as run
    from territory.settings import load_settings

    run_until_signal(run(load_settings(settings), phones))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"socle {version('socle')}")
        raise typer.Exit


@app.callback()
def _options(
    shown: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """The common base of a territory's public Wi-Fi."""


def main() -> None:
    """Run the command line; a fault is told in words and by the exit status."""
    try:
        app()
    except ConfigurationError as error:
        sys.stderr.write("socle: the configuration cannot be used:\n")
        for fault in error.faults:
            sys.stderr.write(f"  {fault}\n")
        sys.exit(MISCONFIGURED)
    except Unavailable as error:
        sys.stderr.write(f"socle: {error}\n")
        sys.exit(FAILED)
    except Misconfigured as error:
        sys.stderr.write(f"socle: stopped, since its configuration was refused by: {error}\n")
        sys.exit(MISCONFIGURED)
