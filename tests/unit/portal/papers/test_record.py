"""The record of processing says what the columns and the law's data say (GDPR art. 30)."""

from dataclasses import replace

import pytest

from portal.papers.activities import PURPOSES, Activity
from portal.papers.durations import kept_part
from portal.papers.notice import write_notice
from portal.papers.record import write_record
from portal.papers.tables import held
from territory.paper.document import Document, Table
from territory.vocabulary import ContractRole
from tests.unit.portal.papers.small_territory import CITY, DEPARTEMENT, facts, with_source_kept


def tables_of(document: Document) -> list[Table]:
    """Every table of a paper."""
    blocks = [block for section in document.sections for block in section.blocks]
    return [block for block in blocks if isinstance(block, Table)]


def test_every_personal_column_is_in_it_with_its_duration() -> None:
    """In the annex: a table for each category, whose title says how long."""
    found = {
        (row[0], name, table.title)
        for table in tables_of(write_record(facts()))
        if table.head[0] == "Table"
        for row in table.rows
        for name in row[1].split(", ")
    }
    for part in held():
        told = kept_part(facts(), part)
        title = f"{told.name.capitalize()} : {told.words}"
        assert {(part.table, name, title) for name in part.columns} <= found


def test_each_activity_has_its_sheet() -> None:
    """Purpose, legal basis, persons, recipients; who answers; what protects."""
    document = write_record(facts())
    titles = [section.title for section in document.sections]
    for said in PURPOSES.values():
        assert said.title in titles
    rows = [row for table in tables_of(document) for row in table.rows]
    assert ("Base légale", PURPOSES[Activity.SECURITY].basis) in rows
    assert any("dpo@bar-le-duc.example" in row for row in rows)
    assert ("Service de SMS (ovhcloud)", "un numéro de téléphone", "porter un code") in rows


def test_what_is_not_known_is_named_and_left_blank() -> None:
    """A DPO and a contract nobody has told are asked for, of the organisation that misses them, and
    not made up."""
    asked = [blank.who for blank in write_record(facts()).blanks]
    assert asked.count("l'organisme « Département de la Meuse »") == 2
    assert not any("Bar-le-Duc" in who for who in asked)


@pytest.mark.parametrize(
    ("holder", "role", "said"),
    [
        (False, "controller", "responsable du traitement ; Département de la Meuse agit pour son"),
        (False, "joint", "conjointement avec Département de la Meuse (RGPD art. 26)"),
        (False, "processor", "agit pour le compte de Département de la Meuse, responsable"),
        (True, "controller", "responsable du traitement ; il tient la base lui-même"),
    ],
)
def test_who_decides_is_in_the_record_and_in_the_notice(holder: bool, role: str, said: str) -> None:
    """By what each organisation may offer Wi-Fi, since when, and its role towards who holds the
    base: themselves, for their own places (GDPR art. 26, 28 and 30)."""
    known = CITY.organisation.contract
    assert known
    of = DEPARTEMENT if holder else CITY
    contract = replace(known, role=ContractRole(role))
    body = replace(of, organisation=replace(of.organisation, contract=contract))
    territory = replace(facts(), bodies=(CITY, body) if holder else (body, DEPARTEMENT))
    (row,) = (
        row
        for table in tables_of(write_record(territory))
        for row in table.rows
        if table.title == "Rôles et compétences" and row[0] == body.name
    )
    assert said in row[1]
    assert row[2:] == ("Délibération du 12 juin 2026", "01/07/2026")
    assert said in str(write_notice(territory, body))


def test_a_duration_that_changes_changes_it() -> None:
    """The law's data is the only place a duration is written."""
    before, after = write_record(facts()), write_record(with_source_kept(2))
    words = [str(table) for table in tables_of(after)]
    assert any("2 ans à partir de la connexion" in each for each in words)
    assert not any("1 an à partir de la connexion" in each for each in words)
    assert before.version != after.version
