"""The command line: what people type, what they get back.

Exit status 0, 1 (failed) or 2 (usage or configuration). Heavy imports wait inside the commands, so
that `--help` answers at once.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from socle.commands.alerts import alerts
from socle.commands.apply import apply
from socle.commands.archive import archive
from socle.commands.backup import backup, restore
from socle.commands.block import block
from socle.commands.case import case
from socle.commands.custodian import custodian
from socle.commands.device import device
from socle.commands.hold import hold
from socle.commands.injunction import injunction
from socle.commands.link import link
from socle.commands.maintenance import maintenance
from socle.commands.nas import nas
from socle.commands.operator import operator
from socle.commands.papers import papers
from socle.commands.radsec import radsec
from socle.commands.report import report
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
app.add_typer(alerts, name="alerts")
app.add_typer(archive, name="archive")
app.command()(backup)
app.add_typer(block, name="block")
app.add_typer(case, name="case")
app.add_typer(custodian, name="custodian")
app.add_typer(device, name="device")
app.add_typer(hold, name="hold")
app.add_typer(injunction, name="injunction")
app.add_typer(link, name="link")
app.add_typer(maintenance, name="maintenance")
app.add_typer(nas, name="nas")
app.add_typer(operator, name="operator")
app.command()(papers)
app.add_typer(radsec, name="radsec")
app.command()(report)
app.command()(restore)
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
    rules: Annotated[
        Path | None, typer.Option(help="Where Prometheus finds our rules; as installed if not.")
    ] = None,
    alertmanager: Annotated[
        str, typer.Option(help="How Prometheus reaches Alertmanager.")
    ] = "127.0.0.1:9093",
    settings: SettingsFile = None,
) -> None:
    """Print the configuration with which Prometheus scrapes every process of this base.

    Example: socle prometheus --host socle.lan > /etc/prometheus/prometheus.yml
    """
    from deploy.stack.alerting import RULES
    from deploy.stack.scraping import scrape_configuration
    from territory.settings import load_settings

    found = load_settings(settings)
    typer.echo(scrape_configuration(found, host, rules or RULES, alertmanager), nl=False)


@app.command("alertmanager")
def print_alertmanager(
    mail_to: Annotated[
        str | None, typer.Option(help="Who is told, addresses separated by commas.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(help="Where each message is posted as JSON.")
    ] = None,
    hours: Annotated[
        str, typer.Option(help="Hours on call for a site that is down, every day.")
    ] = "07:00-22:00",
    rules: Annotated[
        Path | None, typer.Option(help="Where Alertmanager finds our words; as installed if not.")
    ] = None,
    settings: SettingsFile = None,
) -> None:
    """Print the configuration with which Alertmanager tells one message for each outage.

    Example: socle alertmanager --mail-to astreinte@meuse.example > alertmanager.yml
    """
    from deploy.stack.alerting import RULES, OnCall, alertmanager_configuration, hours_of
    from territory.settings import load_settings

    told = OnCall(mail_to, webhook, hours_of(hours), rules=rules or RULES)
    typer.echo(alertmanager_configuration(load_settings(settings).mail, told), nl=False)


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
