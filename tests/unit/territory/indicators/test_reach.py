"""The share of inhabitants within reach: of whose area, and no share where there is none."""

import pytest

from territory.communes.national_list import NationalList
from territory.indicators.reach import Body, Reach, reach

KNOWN = NationalList(
    [
        "# a list",
        "55122\tCommercy\t55\t200070001\t55200\t5000\t",
        "55463\tSaint-Mihiel\t55\t200070002\t55300\t4000\t55999",
        "55545\tVerdun\t55\t200070001\t55100\t\t",
        "54395\tNancy\t54\t245400676\t54000\t100000\t",
    ]
)
DEPARTEMENT, EPCI = Body("departement", None), Body("epci", "200070001")


@pytest.mark.parametrize(
    ("bodies", "sites", "in_service", "expected"),
    [
        ([DEPARTEMENT, EPCI], ["55122", "55463"], ["55122"], Reach(1, 3, 5000, 9000)),
        ([EPCI], ["55122"], ["55122", "55122"], Reach(1, 2, 5000, 5000)),
        # a place beyond the area reaches nobody of it; an old code means its commune of today
        ([DEPARTEMENT], ["55122"], ["54395", "55999"], Reach(1, 3, 4000, 9000)),
        ([DEPARTEMENT], ["55122"], [], Reach(0, 3, 0, 9000)),
        ([Body("commune", "215501229")], ["55122"], ["55122"], None),
        ([DEPARTEMENT], [], [], None),
        ([], ["55122"], ["55122"], None),
    ],
)
def test_whose_inhabitants(
    bodies: list[Body], sites: list[str], in_service: list[str], expected: Reach | None
) -> None:
    """The département's, else the EPCI's; nothing is made up where neither is described."""
    assert reach(bodies, sites, in_service, KNOWN) == expected
