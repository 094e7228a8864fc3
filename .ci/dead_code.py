"""Dead code: what vulture finds, less what only looks dead to it.

Vulture reads Python only and knows no types. So a name that a template says counts as read, and a
class's fields and an enumeration's members are not asked for: they are the shape of a row, a file
or a protocol. Ruff looks after unused local names. What a framework calls by name is listed in
pyproject.toml. Prints what is left, and fails if there is any.
"""

import re
import sys
import tomllib
from pathlib import Path

from vulture.core import Item, Vulture

ROOT = Path(__file__).parents[1]
TEMPLATES = ("*.html", "*.j2", "*.jinja", "*.toml", "*.txt", "*.xml", "*.yaml")


def names_in_templates(paths: list[str]) -> set[str]:
    """Return every name said inside `{{ }}` or `{% %}` of a template."""
    files = (file for path in paths for kind in TEMPLATES for file in (ROOT / path).rglob(kind))
    said = (
        part for file in files for part in re.findall(r"\{[{%].*?[%}]\}", file.read_text(), re.S)
    )
    return {name for part in said for name in re.findall(r"[A-Za-z_]\w+", part)}


def is_field(item: Item) -> bool:
    """Tell whether a name is bound inside a class: a field or a member."""
    if item.typ != "variable":
        return False
    line: str = item.filename.read_text().splitlines()[item.first_lineno - 1]
    return line.startswith(" ")


def main() -> int:
    """Print each unused name with its place; return the exit status."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["vulture"]
    paths = [path for path in settings["paths"] if (ROOT / path).exists()]
    # A name is looked up at once; a pattern is tried on each of all the names there are.
    patterns = [name for name in settings["ignore_names"] if "*" in name]
    read_elsewhere = {*settings["ignore_names"], *names_in_templates(paths)}
    vulture = Vulture(ignore_names=patterns, ignore_decorators=settings["ignore_decorators"])
    vulture.scavenge([str(ROOT / path) for path in paths])
    found = vulture.get_unused_code(min_confidence=settings["min_confidence"])
    dead = [item for item in found if item.name not in read_elsewhere and not is_field(item)]
    for item in dead:
        place = Path(item.filename).relative_to(ROOT)
        print(f"{place}:{item.first_lineno}: unused {item.typ} '{item.name}'")  # noqa: T201
    return bool(dead)


if __name__ == "__main__":
    sys.exit(main())
