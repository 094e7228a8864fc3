"""The ground itself: the tree, the locks, the one list of system packages, the decisions' index."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STACK = ROOT / "deploy/stack"
LOCKS = [
    STACK / "requirements.txt",
    STACK / "requirements-build.txt",
    ROOT / "requirements-dev.txt",
    ROOT / "requirements-fuzz.txt",
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def sources(module: str) -> list[Path]:
    """Return the files of a module or package, from the root."""
    files = [*(ROOT / module).rglob("*.py"), (ROOT / module).with_suffix(".py")]
    return [path.relative_to(ROOT) for path in files if path.is_file()]


def decides(source: Path) -> bool:
    """Tell whether a module has a function of its own: numbers and names need no test."""
    return re.search(r"^\s*def ", (ROOT / source).read_text(), re.MULTILINE) is not None


def unit_tests(source: Path) -> list[Path]:
    """Return the test files of a module."""
    name = source.parent.name if source.name == "__init__.py" else source.stem
    return list((ROOT / "tests/unit" / source.parent).glob(f"test_{name}*.py"))


def pinned(lock: Path) -> dict[str, str]:
    """Return each package of a lock with its version."""
    return dict(
        re.findall(r"^([a-z0-9.-]+)(?:\[[a-z,]+\])?==(\S+)", lock.read_text(), re.MULTILINE)
    )


def test_unit_tests_mirror_the_tree() -> None:
    """tests/unit/a/b/test_c.py, or test_c_of_something.py, tests a/b/c: one place to look."""
    strays = []
    for test in (ROOT / "tests/unit").rglob("test_*.py"):
        place = test.parent.relative_to(ROOT / "tests/unit")
        if place == Path():
            continue  # about the repository itself
        words = test.stem.removeprefix("test_").split("_")
        names = {"_".join(words[:end]) for end in range(1, len(words) + 1)}
        here = ROOT / place
        known = {path.stem for path in here.iterdir()} if here.is_dir() else set()
        if not names & known:
            strays.append(str(test.relative_to(ROOT)))
    assert strays == []


def test_pure_modules_have_unit_tests() -> None:
    """What decides is tested as a table of cases, without a socket or a database."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    pure = next(c["source_modules"] for c in contracts if c["id"] == "pure")
    modules = [source for module in pure for source in sources(module.replace(".", "/"))]
    assert [str(m) for m in modules if decides(m) and not unit_tests(m)] == []


def test_every_package_is_in_the_wheel_and_in_a_layer() -> None:
    """A new folder of code is shipped, and has a place in the house."""
    folders = {path.parent.name for path in ROOT.glob("*/*.py")} - {".ci", "tests"}
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    layered = {name for layer in layers for name in layer.split(" | ")}
    assert folders <= set(PACKAGES)
    assert set(PACKAGES) == layered
    assert set(PACKAGES) == set(PROJECT["tool"]["importlinter"]["root_packages"])


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_pin_by_hash_and_name_no_address(lock: Path) -> None:
    """The same packages from whatever registry the machine uses."""
    text = lock.read_text()
    assert "://" not in text
    assert not re.search(r"^\s*(-i|-f|--(extra-)?index-url|--find-links)\b", text, re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert [b.split()[0] for b in blocks if "--hash=sha256:" not in b] == []


def test_locks_agree() -> None:
    """What the tests ran with is what gets installed, and it holds all that is declared."""
    runtime, build, dev, _ = (pinned(lock) for lock in LOCKS)
    assert runtime.items() <= dev.items()
    assert build.items() <= dev.items()
    declared = {re.split(r"[\[>=;]", d)[0] for d in PROJECT["project"]["dependencies"]}
    assert declared <= runtime.keys()


def test_no_lock_format_with_addresses() -> None:
    """npm's lock says what, not where; uv's and pip's address books stay out of the repository."""
    npm = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in npm
    assert "://" not in npm
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/uv.lock", "/pylock*.toml"} <= set(ignored)


def test_system_packages_are_listed_once_with_their_sign() -> None:
    """One list: a group that a command asks for, a package, and what shows that it is there."""
    lines = (STACK / "debian-packages.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    assert {len(row) for row in rows} == {3}
    assert {row[0] for row in rows} == {"run", "test", "bench", "later"}
    names = [row[1].partition("|")[0] for row in rows]
    assert len(names) == len(set(names))


def test_decisions_are_indexed_and_say_their_price() -> None:
    """Each page has context, choice and price, in that order, and a line in the index."""
    folder = ROOT / "docs/decisions"
    pages = {page.name for page in folder.glob("*.md")} - {"README.md"}
    assert set(re.findall(r"\]\(([a-z0-9-]+\.md)\)", (folder / "README.md").read_text())) == pages
    for page in pages:
        text = (folder / page).read_text()
        places = [text.find(f"\n## {part}\n") for part in ("Context", "Choice", "Price")]
        assert all(0 < before < after for before, after in pairwise(places)), page
