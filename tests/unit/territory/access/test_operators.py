"""What a new operator must be."""

from uuid import uuid4

import pytest

from territory.access.operators import Flaw, NewOperator, flaws_of, normal_login
from territory.access.roles import Role


@pytest.mark.parametrize(
    ("new", "flaws"),
    [
        (NewOperator("a@b.example", "A", Role.DPO), []),
        (NewOperator("a@b.example", "A", Role.AGENT, uuid4()), []),
        (NewOperator("a@b.example", "A", Role.AGENT), [Flaw.ORGANISATION]),
        (NewOperator("a@b.example", "A", Role.TECHNICIAN, uuid4()), []),
        *(
            (NewOperator("a@b.example", "A", role, uuid4()), [Flaw.ORGANISATION])
            for role in (Role.ADMINISTRATOR, Role.DPO, Role.CUSTODIAN)
        ),
        (NewOperator("a", "A", Role.DPO), [Flaw.LOGIN]),
        (NewOperator("a b@c.example", "A", Role.DPO), [Flaw.LOGIN]),
        (NewOperator("a@b", "", Role.DPO), [Flaw.LOGIN, Flaw.NAME]),
        (NewOperator("a\n@b.example", "x" * 101, Role.DPO), [Flaw.LOGIN, Flaw.NAME]),
    ],
)
def test_a_new_operator_is_refused_with_its_reasons(new: NewOperator, flaws: list[Flaw]) -> None:
    """All at once; each reason is a sentence in both languages."""
    assert flaws_of(new) == flaws
    assert all(flaw.french for flaw in Flaw)


def test_logins_are_kept_in_lower_case() -> None:
    """One person, one login, however it is typed."""
    assert normal_login(" A.Marchal@Meuse.Example ") == "a.marchal@meuse.example"
