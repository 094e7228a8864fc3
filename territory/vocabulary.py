"""The closed lists of words that describe a territory, each word as it is written and stored."""

from collections.abc import Mapping
from enum import StrEnum


class OrganisationKind(StrEnum):
    """What kind of body an organisation is."""

    COMMUNE = "commune"
    EPCI = "epci"
    DEPARTEMENT = "departement"
    ASSOCIATION = "association"
    HEALTH = "health"
    OTHER = "other"


class ContractRole(StrEnum):
    """What an organisation is to whoever holds the base, for the data of its sites' guests."""

    CONTROLLER = "controller"
    """It decides; who holds the base acts for it (GDPR art. 28)."""
    JOINT = "joint"
    """Both decide (GDPR art. 26)."""
    PROCESSOR = "processor"
    """It acts for who holds the base, who alone decides (GDPR art. 28)."""


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


class SnmpVersion(StrEnum):
    """How a piece of equipment is asked for its counters."""

    NONE = "none"
    """Not at all, whatever its site says."""
    V2C = "v2c"
    V3 = "v3"


class SnmpAuthentication(StrEnum):
    """What signs SNMPv3 (RFC 3414 §6.2, RFC 7860); MD5 is not offered."""

    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


class SnmpPrivacy(StrEnum):
    """What hides SNMPv3 (RFC 3826, and two ways to lengthen its key); DES is not offered."""

    AES128 = "aes128"
    AES192 = "aes192"
    AES256 = "aes256"
    AES192_CISCO = "aes192-cisco"
    AES256_CISCO = "aes256-cisco"


class Brand(StrEnum):
    """Who made a gateway: the dialect of its redirects, and what its NAS takes in a CoA."""

    COOVACHILLI = "coovachilli"
    USPOT = "uspot"
    OPENNDS = "opennds"
    MIKROTIK = "mikrotik"
    ARUBA = "aruba"
    RUCKUS = "ruckus"
    SMARTZONE = "smartzone"
    CISCO = "cisco"
    MERAKI = "meraki"
    UNIFI = "unifi"
    OMADA = "omada"
    CAMBIUM = "cambium"
    FORTINET = "fortinet"
    GENERIC = "generic"


COA_PORT = 3799
"""The UDP port that takes Disconnect and CoA where nothing else is said (RFC 5176 §2.3)."""

COA_PORTS: Mapping[Brand, int] = {Brand.CISCO: 1700}
"""The brands that listen elsewhere: Cisco's WLC on 1700, some versions nowhere else."""


class NetworkKind(StrEnum):
    """Whom an SSID is for; a staff network is never archived (CNIL: employees are out of scope)."""

    PUBLIC = "public"
    STAFF = "staff"


class Zone(StrEnum):
    """Whom the room of an access point receives (loi 2015-136, art. 7)."""

    GENERAL = "general"
    UNDER3 = "under3"


class MessageAuthenticatorRule(StrEnum):
    """When a NAS's Access-Requests must carry Message-Authenticator (CVE-2024-3596)."""

    ALWAYS = "always"
    LEARN = "learn"
    """From the first signed one on; only a technician goes back on it."""
    WHEN_PRESENT = "when-present"


class MacUserName(StrEnum):
    """How a NAS writes a device's MAC address as User-Name; the value is an example of it."""

    NONE = "none"
    """It does no MAC authentication."""
    PLAIN = "aabbccddeeff"
    PLAIN_UPPER = "AABBCCDDEEFF"
    HYPHENS = "aa-bb-cc-dd-ee-ff"
    HYPHENS_UPPER = "AA-BB-CC-DD-EE-FF"
    COLONS = "aa:bb:cc:dd:ee:ff"
    COLONS_UPPER = "AA:BB:CC:DD:EE:FF"
    DOTS_BY_FOUR = "aabb.ccdd.eeff"
    HYPHENS_BY_FOUR = "aabb-ccdd-eeff"
    HYPHEN_BY_SIX = "aabbcc-ddeeff"


class MacPassword(StrEnum):
    """What a NAS shows as password when it presents a device by its MAC address."""

    USER_NAME = "user-name"
    """The User-Name again, in PAP or CHAP."""
    SHARED_SECRET = "shared-secret"  # noqa: S105 - a word, not a secret
    """Its RADIUS shared secret."""
    GIVEN = "given"
    """The one that the base makes for it, `socle nas secret` tells it."""
    CALL_CHECK = "call-check"
    """None, an empty one or the User-Name, with Service-Type Call-Check (RFC 2865 §5.6)."""


class AttributeSet(StrEnum):
    """A family of attributes a NAS understands in an Access-Accept; radius.rights says which."""

    STANDARD = "standard"
    WISPR = "wispr"
    COOVACHILLI = "coovachilli"
    MIKROTIK = "mikrotik"
    ARUBA = "aruba"
    RUCKUS = "ruckus"
    CISCO = "cisco"
    MERAKI = "meraki"
    UBIQUITI = "ubiquiti"
    TPLINK = "tplink"
    CAMBIUM = "cambium"
    FORTINET = "fortinet"
    PFSENSE = "pfsense"
    HUAWEI = "huawei"
    AEROHIVE = "aerohive"


class StrangerReason(StrEnum):
    """Why RADIUS does not answer who is no NAS; each packet is counted under its reason."""

    UNKNOWN_NAS = "unknown-nas"
    """Inside the links: perhaps a new gateway."""
    CLEAR_FROM_PUBLIC = "clear-from-public"
    """Without TLS from an address of the Internet: refused whoever it is; it takes a link."""


class AddressOrigin(StrEnum):
    """Who says what a site's public address is; what is stated is never observed otherwise."""

    STATED = "stated"
    OBSERVED = "observed"
    """By its guests' own requests."""
    LINK = "link"
    """By its tunnel, from the address it calls from."""


class AtEnd(StrEnum):
    """What happens to a guest who has used up what the plan gives."""

    CUT = "cut"
    """Nothing more until the limit is renewed."""
    SLOW = "slow"
    """On at the plan's slow rates until the limit is renewed."""
    ASK = "ask"
    """An access whose volume is gone ends, and another may be asked for at the log-in page at
    once; limits a day or a month stay firm, since asking must not lift them."""


class OnPublicHolidays(StrEnum):
    """What public holidays are where the opening hours do not name them."""

    AS_USUAL = "as_usual"
    CLOSED = "closed"


class IdentificationMethod(StrEnum):
    """How a guest may be identified, as an admission names it."""

    CLICK_THROUGH = "click_through"
    TICKET = "ticket"
    EMAIL_CODE = "email_code"
    SMS_CODE = "sms_code"
    ACCOUNT = "account"
    OPENID_CONNECT = "openid_connect"
    SPONSOR = "sponsor"


OFFERED = frozenset(
    {
        IdentificationMethod.CLICK_THROUGH,
        IdentificationMethod.TICKET,
        IdentificationMethod.EMAIL_CODE,
        IdentificationMethod.SMS_CODE,
        IdentificationMethod.OPENID_CONNECT,
        IdentificationMethod.ACCOUNT,
        IdentificationMethod.SPONSOR,
    }
)
"""The methods that the portal has; a site whose plan takes none of them is refused."""


class IdentificationLevel(StrEnum):
    """How much is known of a guest; each level includes those before it."""

    NONE = "none"
    """Nothing: terms accepted."""
    TICKET = "ticket"
    """Somebody of the place has handed them a ticket."""
    CONTACT = "contact"
    """An e-mail address or a telephone number answers."""
    IDENTITY = "identity"
    """An identity provider vouches for who they are."""
