"""A form becomes a requisition, or comes back with a sentence for each slip of the pen."""

from datetime import UTC, datetime, timedelta

import pytest

from retention.desk.entry import KINDS, Unfit, read_entry
from territory.law.grounds import load_grounds

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
KEY = bytes(32)
FORM = {
    "kind": "address",
    "category_source": "on",
    "public_address": "192.0.2.10",
    "at_date": "2026-11-17",
    "at_time": "11:15:00",
    "zone": "Europe/Paris",
    "reference": "PV 2026/1234",
    "ground": "cpp-60-1",
    "issued_on": "2026-11-19",
    "received_date": "2026-11-20",
    "received_time": "14:30",
    "authority": "Gendarmerie",
    "agent_name": "Camille Exemple",
    "agent_rank": "adjudante",
    "agent_unit": "Verdun",
    "contact": "br.verdun@gendarmerie.example",
}
INTERVAL = {
    "since_date": "2026-11-17",
    "since_time": "08:00",
    "until_date": "2026-11-17",
    "until_time": "09:00",
}


def test_a_form_becomes_an_entry() -> None:
    """Hours are Paris's; the question is kept as it was asked."""
    entry = read_entry(FORM, NOW, KEY)
    assert entry.received_at == datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
    assert entry.question.kind == "address"
    assert entry.question.at_as_asked == "17/11/2026 11:15:00, heure de Paris"
    assert entry.question.at == datetime(2026, 11, 17, 10, 15, tzinfo=UTC)
    assert entry.asker.magistrate == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "device", "device": "02-00-00-00-00-01"},
        {"kind": "person", "identifier_kind": "email", "identifier": "x@y.example"},
        {"kind": "person", "identifier_kind": "ticket", "identifier": "4821 0937 5523"},
        {"kind": "site", "site": "verdun-mairie"},
    ],
)
def test_each_kind_has_its_fields(fields: dict[str, str]) -> None:
    """A device, a person or a site is asked about over an interval."""
    entry = read_entry({**FORM, **INTERVAL, **fields}, NOW, KEY)
    assert entry.question.kind == fields["kind"] in KINDS
    assert entry.question.window[1] - entry.question.window[0] == timedelta(hours=1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"authority": ""}, "L'autorité qui demande manque."),
        ({"agent_name": "x" * 301}, "tient en 300 caractères"),
        ({"reference": "PV\n1"}, "sur une ligne"),
        ({"issued_on": ""}, "La date de l'acte manque."),
        ({"issued_on": "2026-11-21"}, "dans l'avenir"),
        ({"received_time": "23:00"}, "reçu dans l'avenir"),
        ({"received_date": "2026-02-30"}, "instant"),
        ({"kind": "everything"}, "Choisissez ce qui est demandé."),
        (
            {**INTERVAL, "kind": "person", "identifier_kind": "ticket", "identifier": "4821"},
            "Ce n'est pas le code d'un ticket",
        ),
        ({"public_address": "192.0.2.300"}, "IPv4 ou IPv6"),
        ({"port": "0"}, "Le port va de 1"),
        ({"at_date": "2026-10-25", "at_time": "02:30"}, "deux fois"),
        ({"at_date": ""}, "instant"),
        ({"deadline_date": "demain"}, "instant"),
        ({"kind": "site", "site": "x", **INTERVAL, "until_date": "2026-11-16"}, "La fin vient"),
    ],
)
def test_a_slip_of_the_pen_comes_back_in_words(change: dict[str, str], sentence: str) -> None:
    """All slips at once, in French, and nothing is entered."""
    with pytest.raises(Unfit) as unfit:
        read_entry({**FORM, **change}, NOW, KEY)
    assert sentence in " ".join(unfit.value.sentences)


def test_what_is_wrong_with_the_act_is_entered_as_it_is() -> None:
    """No ground, no magistrate, no case: the scope check's affair, not the form's."""
    assert read_entry({**FORM, "ground": ""}, NOW, KEY).ground == ""


def test_the_deadline_is_the_acts_or_our_own() -> None:
    """A date without an hour runs to the end of that day; urgency shortens our own delay."""
    delays = load_grounds().delays
    asked = read_entry({**FORM, "deadline_date": "2026-11-23"}, NOW, KEY)
    urgent = read_entry({**FORM, "urgency": "Enlèvement"}, NOW, KEY)
    assert asked.deadline(delays) == datetime(2026, 11, 23, 22, 59, tzinfo=UTC)
    assert urgent.deadline(delays) - urgent.received_at == timedelta(hours=24)
    ordinary = read_entry(FORM, NOW, KEY)
    assert ordinary.deadline(delays) - ordinary.received_at == timedelta(days=8)
