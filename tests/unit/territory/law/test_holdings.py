"""What each method makes a site keep: nothing that is not told, and nothing more than it needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.database.tables import metadata
from territory.database.tables.columns import Category
from territory.law.durations import load_law
from territory.law.holdings import ADDED, AGREED, ALWAYS, Datum, asks_who, kept_by
from territory.vocabulary import IdentificationMethod as Method

METHODS = st.sets(st.sampled_from(list(Method)))


def test_every_method_says_what_it_adds() -> None:
    """A method without a row could be offered without its guests being told."""
    assert set(ADDED) == set(Method)


def test_every_kind_of_data_is_kept_by_something() -> None:
    """No word of the notices is about nothing."""
    told = {datum for holding in (*kept_by(Method), AGREED) for datum in holding.data}
    assert told == set(Datum)


@given(METHODS)
def test_every_category_that_is_kept_has_a_duration(methods: set[Method]) -> None:
    """Of the law's own data, with its source."""
    rules = load_law().rules
    assert all(rules[holding.category].source for holding in kept_by(methods))


@given(METHODS)
def test_a_category_stands_once_and_so_does_what_it_holds(methods: set[Method]) -> None:
    """Several methods that keep the same say it once; what every connection leaves is there."""
    found = kept_by(methods)
    assert len({holding.category for holding in found}) == len(found)
    assert all(len(set(holding.data)) == len(holding.data) for holding in found)
    assert {h.category for h in ALWAYS} <= {h.category for h in found}


@given(METHODS)
def test_a_method_only_ever_adds(methods: set[Method]) -> None:
    """Offering one more takes nothing off what is told."""
    before = {(h.category, d) for h in kept_by(methods) for d in h.data}
    for method in Method:
        after = {(h.category, d) for h in kept_by({*methods, method}) for d in h.data}
        assert before <= after


def test_click_through_and_tickets_ask_nobody_who_they_are() -> None:
    """What is not collected need not be kept (CPCE R10-12)."""
    assert not asks_who([Method.CLICK_THROUGH, Method.TICKET])
    for method in set(Method) - {Method.CLICK_THROUGH, Method.TICKET}:
        assert asks_who([method]), method
        assert kept_by([method])[0].category is Category.IDENTITY


WRITTEN: dict[Method, set[str]] = {
    Method.EMAIL_CODE: {"account.contact", "identity.contact"},
    Method.SMS_CODE: {"account.contact", "identity.contact"},
    Method.ACCOUNT: {"account.account", "identity.person"},
    Method.OPENID_CONNECT: {"account.account", "identity.person"},
    Method.SPONSOR: {"account.account", "identity.person"},
}
"""Where each method writes who a guest is; a new table has its method, and its words, here."""


def test_every_table_about_people_is_told() -> None:
    """A table of the identity or account schema that no notice speaks of cannot land."""
    about = {"identity", "account", "consent"}
    kept = {t.fullname for t in metadata.sorted_tables if t.schema in about}
    assert kept == set().union(*WRITTEN.values(), {"consent.newsletter"})


def test_what_is_agreed_to_is_told_and_ends() -> None:
    """No method makes a place keep it; it has a heading of its own and a duration."""
    assert AGREED.category not in {holding.category for holding in kept_by(Method)}
    assert load_law().rules[AGREED.category].source


@pytest.mark.parametrize("method", Method)
def test_a_method_tells_the_categories_that_it_writes(method: Method) -> None:
    """The categories of its tables' columns are those of its row, and the other way round."""
    tables = [metadata.tables[name] for name in WRITTEN.get(method, ())]
    written = {column.info["category"] for table in tables for column in table.columns}
    assert written == {holding.category for holding in ADDED[method]} - {Category.SOURCE}
