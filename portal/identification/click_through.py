"""Click-through: the guest accepts the terms, and is asked for nothing else.

The default. No law asks who is behind a public access point, and what is not collected need not
be kept (CPCE R10-12). Pure: what the button says in, the events it stands for out.
"""

from portal.visit import Event

METHOD = "click_through"
"""As an admission names it."""


def judge(terms_shown: str, terms_in_force: str) -> tuple[Event, ...] | None:
    """Return the events of pressing the button; None where newer terms must be shown first.

    `terms_shown` is the version on the page the guest read, signed in the visit.
    """
    if terms_shown != terms_in_force:
        return None
    return (Event.IDENTIFY, Event.VERIFY)
