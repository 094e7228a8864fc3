"""The closed lists of words that describe a territory, each word as it is written and stored."""

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What kind of body an organisation is."""

    COMMUNE = "commune"
    EPCI = "epci"
    DEPARTEMENT = "departement"
    ASSOCIATION = "association"
    HEALTH = "health"
    OTHER = "other"


class PlaceType(StrEnum):
    """What a site is for the people who come there."""

    MAIRIE = "mairie"
    BIBLIOTHEQUE = "bibliotheque"
    SALLE_DES_FETES = "salle_des_fetes"
    ACTION_SOCIALE = "action_sociale"
    MAISON_DE_SANTE = "maison_de_sante"
    OFFICE_DE_TOURISME = "office_de_tourisme"
    SITE_TOURISTIQUE = "site_touristique"
    PLEIN_AIR = "plein_air"
    CRECHE = "creche"
    ITINERANT = "itinerant"
    AUTRE = "autre"


class Link(StrEnum):
    """The one way a site reaches the base; the base never calls a site otherwise."""

    TUNNEL = "tunnel"
    RADSEC = "radsec"
    CLOUD = "cloud"
    PRIVATE_NETWORK = "private_network"


class Brand(StrEnum):
    """The adapter that reads a gateway's redirects."""

    COOVACHILLI = "coovachilli"
    USPOT = "uspot"
    OPENNDS = "opennds"


class NetworkKind(StrEnum):
    """Whom an SSID is for; a staff network is never archived (CNIL: employees are out of scope)."""

    PUBLIC = "public"
    STAFF = "staff"


class Zone(StrEnum):
    """Whom the room of an access point receives (loi 2015-136, art. 7)."""

    GENERAL = "general"
    UNDER3 = "under3"


class MessageAuthenticatorRule(StrEnum):
    """When a NAS's packets must carry Message-Authenticator (CVE-2024-3596)."""

    ALWAYS = "always"
    WHEN_PRESENT = "when-present"


class AttributeSet(StrEnum):
    """A family of attributes a NAS understands in an Access-Accept."""

    STANDARD = "standard"
    WISPR = "wispr"
    COOVACHILLI = "coovachilli"


class AddressOrigin(StrEnum):
    """Who says what a site's public address is; what is stated is never observed otherwise."""

    STATED = "stated"
    OBSERVED = "observed"
