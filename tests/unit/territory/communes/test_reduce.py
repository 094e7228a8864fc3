"""The reduced list is made of the public package, and of nothing else."""

import gzip
import json
from pathlib import Path

from territory.communes.reduce import reduce_list

PLACES = [
    {
        "code": "55029",
        "nom": "Bar-le-Duc",
        "departement": "55",
        "type": "commune-actuelle",
        "codesPostaux": ["55000"],
        "population": 14607,
        "anciensCodes": ["55999"],
    },
    {
        "code": "55029",
        "nom": "Bar-le-Duc",
        "departement": "55",
        "type": "commune-deleguee",
        "chefLieu": "55029",
    },
    {
        "code": "55998",
        "nom": "Hameau",
        "departement": "55",
        "type": "commune-associee",
        "chefLieu": "55029",
    },
    {"code": "97801", "nom": "Saint-Martin", "departement": "978", "type": "commune-actuelle"},
]


def test_only_current_communes_are_kept(tmp_path: Path) -> None:
    """Parts of a commune become codes it has absorbed; what is not known stays empty."""
    (tmp_path / "data").mkdir()
    (tmp_path / "package.json").write_text('{"version": "9.9.9"}')
    (tmp_path / "data" / "communes.json").write_text(json.dumps(PLACES))
    body = {"code": "200033025", "membres": [{"code": "55029"}]}
    (tmp_path / "data" / "epci.json").write_text(json.dumps([body]))

    reduced = reduce_list(tmp_path)

    assert gzip.decompress(reduced).decode().splitlines() == [
        "# decoupage-administratif 9.9.9",
        "55029\tBar-le-Duc\t55\t200033025\t55000\t14607\t55998 55999",
        "97801\tSaint-Martin\t978\t\t\t\t",
    ]
    assert reduce_list(tmp_path) == reduced
