"""Where a requisition stands, and what may be done with it next: one table. Pure.

Rules. What is entered is `received`, or `suspended` where the scope check found something. Nothing
is released while it is suspended: either two custodians override it, or the authority corrects its
act, which is a new line of the register, and this one is withdrawn. A case is `prepared`, then
`opened` and `answered` by the signed receipts of its two custodians. An act that only asks to
preserve becomes a hold, which goes its own way. Answered, preserved, refused and withdrawn are
ends.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a requisition stands."""

    RECEIVED = "received"
    SUSPENDED = "suspended"
    OVERRIDDEN = "overridden"
    PREPARED = "prepared"
    OPENED = "opened"
    ANSWERED = "answered"
    PRESERVED = "preserved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return not any(state is self for state, _ in TRANSITIONS)


class Act(StrEnum):
    """What is done with one; `register` and `suspend` are how a line begins."""

    REGISTER = "register"
    SUSPEND = "suspend"
    OVERRIDE = "override"
    PREPARE = "prepare"
    OPEN = "open"
    ANSWER = "answer"
    PRESERVE = "preserve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


BEGINNINGS = {Act.REGISTER: State.RECEIVED, Act.SUSPEND: State.SUSPENDED}

TRANSITIONS: dict[tuple[State, Act], State] = {
    (State.RECEIVED, Act.PREPARE): State.PREPARED,
    (State.RECEIVED, Act.PRESERVE): State.PRESERVED,
    (State.RECEIVED, Act.REFUSE): State.REFUSED,
    (State.RECEIVED, Act.WITHDRAW): State.WITHDRAWN,
    (State.SUSPENDED, Act.OVERRIDE): State.OVERRIDDEN,
    (State.SUSPENDED, Act.PRESERVE): State.PRESERVED,
    (State.SUSPENDED, Act.REFUSE): State.REFUSED,
    (State.SUSPENDED, Act.WITHDRAW): State.WITHDRAWN,
    (State.OVERRIDDEN, Act.PREPARE): State.PREPARED,
    (State.OVERRIDDEN, Act.PRESERVE): State.PRESERVED,
    (State.OVERRIDDEN, Act.REFUSE): State.REFUSED,
    (State.OVERRIDDEN, Act.WITHDRAW): State.WITHDRAWN,
    (State.PREPARED, Act.OPEN): State.OPENED,
    (State.PREPARED, Act.WITHDRAW): State.WITHDRAWN,
    (State.OPENED, Act.ANSWER): State.ANSWERED,
    (State.OPENED, Act.WITHDRAW): State.WITHDRAWN,
}


def advance(state: State, act: Act) -> State | None:
    """Return where a requisition stands after an act; None: the act is not allowed there."""
    return TRANSITIONS.get((state, act))


def allowed(state: State) -> frozenset[Act]:
    """Return what may be done now."""
    return frozenset(act for at, act in TRANSITIONS if at is state)
