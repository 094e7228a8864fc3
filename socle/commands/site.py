"""`socle site`: the places, and what a technician drops on their routers.

Only the command's face; `socle.commands.rendering` does it, and is imported when it is wanted.
"""

from pathlib import Path
from typing import Annotated

import typer

site = typer.Typer(
    name="site",
    help="Places with public Wi-Fi: list, test, render the files for their gateways, certify.",
    no_args_is_help=True,
)

SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file; `socle.toml` here when not given."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


@site.command(name="list")
def list_sites(json_: AsJson = False, settings: SettingsFile = None) -> None:
    """List the sites: code, link, plan, gateways, name.

    Example: socle site list --json
    """
    from socle.commands.rendering import list_sites as run

    run(settings, as_json=json_)


@site.command()
def render(
    code: Annotated[str, typer.Argument(metavar="SITE", help="Code of the site.")],
    output: Annotated[
        Path, typer.Option(help="Folder to write to; a folder for each gateway in it.")
    ],
    package: Annotated[
        str | None,
        typer.Option(help="Package to render, when the site was not ordered as one."),
    ] = None,
    json_: AsJson = False,
    settings: SettingsFile = None,
) -> None:
    """Write the files a technician drops on the site's routers; some hold secrets.

    The same site always gives the same files. Files with secrets are readable by you alone.

    Example: socle site render mairie-bar-le-duc --output ./bundles
    """
    from socle.commands.rendering import Rendered, render_site

    render_site(Rendered(code, output, package), settings, as_json=json_)


@site.command(name="test")
def conformance(
    code: Annotated[str, typer.Argument(metavar="SITE", help="Code of the site.")],
    readings: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="What the bundle's essai.sh wrote there."),
    ] = None,
    json_: AsJson = False,
    settings: SettingsFile = None,
) -> None:
    """Find out what keeps a site's guests offline, and what to do: one line for each thing.

    Connect a phone at the site first. Looking changes nothing; each test is an audit line. Exit
    status 1 where something is wrong.

    Example: socle site test mairie-bar-le-duc --readings essai.txt
    """
    from socle.commands.site_test import run

    run(code, readings, settings, as_json=json_)


@site.command()
def probe(
    code: Annotated[str, typer.Argument(metavar="SITE", help="Code of the site.")],
    json_: AsJson = False,
    settings: SettingsFile = None,
) -> None:
    """Log in once at a site as a guest would, through portal and RADIUS, and time each step.

    For each NAS whose dialect a synthetic guest speaks. It counts as nobody and is sent nothing.
    Runs where supervision runs. Exit status 1 where a step is not reached.

    Example: socle site probe mairie-bar-le-duc
    """
    from socle.commands.site_probe import run

    run(code, settings, as_json=json_)


@site.command()
def certificate(
    code: Annotated[str, typer.Argument(metavar="SITE", help="Code of the site.")],
    output: Annotated[
        Path, typer.Option(help="Folder of its bundles, as for `socle site render`.")
    ],
    settings: SettingsFile = None,
) -> None:
    """Issue a key and a certificate, good for two years, to each NAS of a site by RadSec.

    Earlier ones stay good until they end or are revoked. The key is written here and kept nowhere.

    Example: socle site certificate bus-numerique --output ./bundles
    """
    from socle.commands.radsec import issue_to_site

    issue_to_site(code, output, settings)


@site.command()
def revoke(
    code: Annotated[str, typer.Argument(metavar="SITE", help="Code of the site.")],
    settings: SettingsFile = None,
) -> None:
    """Revoke every certificate of a site: its router was stolen, or leaves.

    Its connections end within seconds. A new certificate may be issued afterwards.

    Example: socle site revoke bus-numerique
    """
    from socle.commands.radsec import revoke_site

    revoke_site(code, settings)
