"""Two organisations, two places, the shipped law: what the papers' tests write from."""

from dataclasses import replace
from datetime import date
from functools import cache

from portal.papers.facts import Body, Circumstances, Facts, Spot
from portal.places import Contract, Newsletter, Organisation
from territory.database.tables import Category
from territory.law.durations import Duration, load_law
from territory.law.grounds import load_grounds
from territory.settings.evidence import AuthoritiesSettings
from territory.vocabulary import ContractRole, PlaceType
from territory.vocabulary import IdentificationMethod as Method

TODAY = date(2026, 11, 20)
CITY = Body(
    "bar-le-duc",
    Organisation(
        "Ville de Bar-le-Duc",
        "commune",
        "mairie@bar-le-duc.example",
        "215500293",
        "dpo@bar-le-duc.example",
        newsletter=Newsletter("Service culturel", "Les fêtes de la ville."),
        contract=Contract(
            ContractRole.CONTROLLER, "Délibération du 12 juin 2026", date(2026, 7, 1)
        ),
    ),
)
DEPARTEMENT = Body(
    "meuse", Organisation("Département de la Meuse", "departement", "numerique@meuse.example")
)
CONTACT = AuthoritiesSettings(
    service="Service numérique",
    mail="requisitions@meuse.example",
    phone="03 29 00 00 01",
    hours="Du lundi au vendredi",
    on_call="Astreinte, 03 29 00 00 02",
)


@cache
def facts() -> Facts:
    """Everything known but one organisation's DPO and contract, and this year's injunction."""
    return Facts(
        bodies=(CITY, DEPARTEMENT),
        spots=(
            Spot(
                "mairie",
                "Mairie de Bar-le-Duc",
                "bar-le-duc",
                PlaceType.MAIRIE,
                (Method.CLICK_THROUGH, Method.SMS_CODE),
            ),
            Spot(
                "mds",
                "Maison des solidarités",
                "meuse",
                PlaceType.ACTION_SOCIALE,
                (Method.CLICK_THROUGH,),
            ),
        ),
        law=load_law(),
        today=TODAY,
        custodians=2,
        grounds=load_grounds(),
        circumstances=Circumstances(authorities=CONTACT, sms_provider="ovhcloud"),
    )


def with_source_kept(years: int) -> Facts:
    """The same under a law that has technical source data kept for so many years."""
    known = facts()

    rule = replace(known.law.rules[Category.SOURCE], kept=Duration(12 * years))
    law = replace(known.law, rules={**known.law.rules, Category.SOURCE: rule})
    return replace(known, law=law)
