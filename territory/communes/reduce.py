"""Makes `communes.tsv.gz` of the national list: run by hand when a new vintage is out.

    python -m territory.communes.reduce node_modules/@etalab/decoupage-administratif

Keeps what a territory asks of a commune (its code, name, département, intercommunal body, postal
codes, population, and the codes it has absorbed) and leaves the rest; the result is the same to
the octet whoever makes it. NOTICE.md says whose the facts are.
"""

import gzip
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).with_name("communes.tsv.gz")


def reduce_list(package: Path) -> bytes:
    """Return the compressed list made of the `data` folder of the npm package unpacked there."""
    places = _read(package, "communes")
    intercommunal = {
        member["code"]: body["code"]
        for body in _read(package, "epci")
        for member in body["membres"]
    }
    absorbed = _absorbed(places)
    version = json.loads((package / "package.json").read_text())["version"]
    lines = [f"# decoupage-administratif {version}"]
    for place in places:
        if place["type"] == "commune-actuelle":
            code = place["code"]
            lines.append(_line(place, intercommunal.get(code, ""), absorbed[code]))
    return gzip.compress("\n".join(lines).encode(), compresslevel=9, mtime=0)


def _read(package: Path, name: str) -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = json.loads((package / "data" / f"{name}.json").read_text())
    return content


def _absorbed(places: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Return, for each commune, the codes that now mean it: merged communes and arrondissements."""
    current = {place["code"] for place in places if place["type"] == "commune-actuelle"}
    absorbed: dict[str, set[str]] = defaultdict(set)
    for place in places:
        whole = place.get("chefLieu") or place.get("commune") or place["code"]
        absorbed[whole].update({place["code"], *place.get("anciensCodes", ())} - current)
    return absorbed


def _line(place: dict[str, Any], intercommunal: str, absorbed: set[str]) -> str:
    return "\t".join(
        (
            place["code"],
            place["nom"],
            place["departement"],
            intercommunal,
            " ".join(place.get("codesPostaux", ())),
            str(place.get("population", "")),
            " ".join(sorted(absorbed)),
        )
    )


if __name__ == "__main__":
    OUTPUT.write_bytes(reduce_list(Path(sys.argv[1])))
