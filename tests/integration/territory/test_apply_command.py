"""`socle apply` and `socle site`, as they are typed: what they say, and their exit status."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLE = Path("docs/examples/territory.yaml").resolve()
SETTINGS = """\
state_folder = "{folder}/state"
[portal]
public_url = "https://wifi.meuse.example"
[radius]
reached_at = ["10.55.255.1", "10.55.255.2"]
[tunnel]
endpoint = "vpn.meuse.example:51820"
public_key = "6aXcDzw1BBhJzc8YpYPG7F4Fh0b3xJbCl0k1bqPpTGA="
"""

Done = subprocess.CompletedProcess[str]
Socle = Callable[..., Done]


@pytest.fixture(scope="module")
def socle(tmp_path_factory: pytest.TempPathFactory) -> Socle:
    """A function that runs the command line on a base of its own, with the example applied."""
    folder = tmp_path_factory.mktemp("base")
    settings = folder / "socle.toml"
    settings.write_text(SETTINGS.format(folder=folder))

    def run(*words: object) -> Done:
        command = [sys.executable, "-m", "socle", *map(str, words), "--settings", str(settings)]
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )

    done = run("apply", EXAMPLE, "--yes")
    assert done.returncode == 0, done.stderr
    added = sum(line.startswith("+ ") for line in done.stdout.splitlines())
    assert added > 40
    assert f"{added} to add, 0 to change, 0 to remove" in done.stdout
    return run


def test_applying_twice_says_that_nothing_changes(socle: Socle) -> None:
    """The second time the command says so, to a person and to a script."""
    assert socle("apply", EXAMPLE, "--yes").stdout.strip() == "Nothing to change."
    document = json.loads(socle("apply", EXAMPLE, "--json").stdout)
    assert (document["applied"], document["changes"]) == (False, [])


def test_a_difference_is_shown_and_asked(socle: Socle, tmp_path: Path) -> None:
    """What would change is shown in people's units; without a terminal or --yes it is not done."""
    changed = tmp_path / "territory.yaml"
    changed.write_text(EXAMPLE.read_text().replace("session: 10h", "session: 9 h"))
    done = socle("apply", changed)
    assert done.returncode == 2
    assert "~ plan mediatheque" in done.stdout
    assert "session_seconds: 10 h -> 9 h" in done.stdout
    assert "--yes: expected" in done.stderr
    assert socle("apply", EXAMPLE).stdout.strip() == "Nothing to change."


def test_every_fault_with_its_line(socle: Socle, tmp_path: Path) -> None:
    """A file with faults is refused whole: status 2, each fault on a line of its own."""
    wrong = tmp_path / "territory.yaml"
    text = EXAMPLE.read_text().replace("insee: 55029 ", "insee: 55000 ", 1)
    wrong.write_text(text.replace("plan: plein-air", "plan: rien"))
    done = socle("apply", wrong, "--yes")
    assert done.returncode == 2
    lines = [line.strip() for line in done.stderr.splitlines() if "line " in line]
    assert len(lines) == 2
    assert lines[0].endswith("found 55000; did you mean Bar-le-Duc (55029)?")
    assert "plans, found rien" in lines[1]


def test_a_file_that_is_not_there(socle: Socle) -> None:
    """A wrong path is a usage fault."""
    assert socle("apply", "nowhere.yaml").returncode == 2


def test_a_database_that_is_away(tmp_path: Path) -> None:
    """One line with the setting's name, status 1."""
    settings = tmp_path / "away.toml"
    url = "postgresql://nobody@127.0.0.1:1/none"
    settings.write_text(f'state_folder = "{tmp_path}"\n[database]\nurl = "{url}"\n')
    command = [sys.executable, "-m", "socle", "apply", str(EXAMPLE), "--yes"]
    done = subprocess.run(
        [*command, "--settings", str(settings)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "database.url" in done.stderr


def test_sites_are_listed(socle: Socle) -> None:
    """Every site with its link, plan and gateways."""
    found = json.loads(socle("site", "list", "--json").stdout)
    assert [site["code"] for site in found][:2] == ["bus-numerique", "citadelle-verdun"]
    assert "mairie-bar-le-duc" in socle("site", "list").stdout


def test_a_site_is_rendered_the_same_twice(socle: Socle, tmp_path: Path) -> None:
    """Two renderings are equal octet for octet, and secrets are 0600."""
    for name in ("one", "two"):
        done = socle("site", "render", "mairie-bar-le-duc", "--output", tmp_path / name)
        assert done.returncode == 0, done.stderr
    one, two = (contents(tmp_path / name) for name in ("one", "two"))
    assert one == two
    chilli = tmp_path / "one/gw-mairie-bar-le-duc/files/etc/config/chilli"
    assert chilli.stat().st_mode & 0o777 == 0o600
    assert "https://wifi.meuse.example/gateway/coovachilli" in chilli.read_text()


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.parametrize(
    ("site", "words"),
    [
        ("marie-bar-le-duc", "did you mean mairie-bar-le-duc?"),
        ("creche-commercy", "at least one gateway"),
        ("citadelle-verdun", "has nothing for uspot"),
    ],
)
def test_a_site_that_cannot_be_rendered(
    socle: Socle, tmp_path: Path, site: str, words: str
) -> None:
    """The reason is told, and no file is made."""
    done = socle("site", "render", site, "--output", tmp_path / "out")
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "out").exists()
