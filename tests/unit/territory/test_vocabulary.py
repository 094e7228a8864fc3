"""The words that rows hold are never changed by accident: a renamed word would orphan them."""

from enum import StrEnum

import pytest

from territory.vocabulary import (
    AttributeSet,
    Brand,
    Link,
    MessageAuthenticatorRule,
    NetworkKind,
    OrganisationKind,
    PlaceType,
    Zone,
)

WORDS: tuple[tuple[StrEnum, str], ...] = (
    (OrganisationKind.COMMUNE, "commune"),
    (OrganisationKind.EPCI, "epci"),
    (OrganisationKind.DEPARTEMENT, "departement"),
    (OrganisationKind.ASSOCIATION, "association"),
    (OrganisationKind.HEALTH, "health"),
    (OrganisationKind.OTHER, "other"),
    (PlaceType.MAIRIE, "mairie"),
    (PlaceType.BIBLIOTHEQUE, "bibliotheque"),
    (PlaceType.SALLE_DES_FETES, "salle_des_fetes"),
    (PlaceType.ACTION_SOCIALE, "action_sociale"),
    (PlaceType.MAISON_DE_SANTE, "maison_de_sante"),
    (PlaceType.OFFICE_DE_TOURISME, "office_de_tourisme"),
    (PlaceType.SITE_TOURISTIQUE, "site_touristique"),
    (PlaceType.PLEIN_AIR, "plein_air"),
    (PlaceType.CRECHE, "creche"),
    (PlaceType.ITINERANT, "itinerant"),
    (PlaceType.AUTRE, "autre"),
    (Link.TUNNEL, "tunnel"),
    (Link.RADSEC, "radsec"),
    (Link.CLOUD, "cloud"),
    (Link.PRIVATE_NETWORK, "private_network"),
    (Brand.COOVACHILLI, "coovachilli"),
    (Brand.USPOT, "uspot"),
    (Brand.OPENNDS, "opennds"),
    (NetworkKind.PUBLIC, "public"),
    (NetworkKind.STAFF, "staff"),
    (Zone.GENERAL, "general"),
    (Zone.UNDER3, "under3"),
    (MessageAuthenticatorRule.ALWAYS, "always"),
    (MessageAuthenticatorRule.WHEN_PRESENT, "when-present"),
    (AttributeSet.STANDARD, "standard"),
    (AttributeSet.WISPR, "wispr"),
    (AttributeSet.COOVACHILLI, "coovachilli"),
)


@pytest.mark.parametrize(
    "vocabulary",
    [
        *(OrganisationKind, PlaceType, Link, Brand, NetworkKind, Zone),
        *(MessageAuthenticatorRule, AttributeSet),
    ],
)
def test_each_word_is_stored_as_it_is_written(vocabulary: type[StrEnum]) -> None:
    """Every member has the word that is already in rows and files, and none is new unseen."""
    known = [word for member, word in WORDS if isinstance(member, vocabulary)]
    assert [member.value for member in vocabulary] == known
