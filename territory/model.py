"""The shape of `territory.yaml`: what each key holds, value by value.

The first of two looks at a description of the territory: here each value alone (its form, its
limits, what is assumed when it is absent); `territory.application.agreement` then looks at the
values together. The description of a key is what a person reads when that key is missing.
"""

from datetime import date
from ipaddress import IPv4Address
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from territory.access.roles import Role
from territory.rules.port_blocks import FIRST_PORT, LAST_PORT, LEAST_PORTS, PortBlocks
from territory.values import (
    AgeRecipient,
    AnyAddress,
    CertificateDigest,
    ClosedDays,
    Code,
    Colour,
    ControllerPassword,
    ControllerUrl,
    DayTime,
    Email,
    GatewayRole,
    IdleTime,
    Insee,
    InsideAddress,
    InterimTime,
    LoginAddress,
    LogoText,
    MacText,
    MessageCount,
    MonthTime,
    Name,
    OpeningHoursText,
    PhoneText,
    Port,
    PortalBase,
    PrivateRange,
    PublicAddress,
    PublicIPv4,
    Rate,
    Secret,
    Sentence,
    SessionTime,
    SigningKey,
    SirenNumber,
    SnippetId,
    SnmpCommunity,
    SnmpSecret,
    SnmpUser,
    Sponsor,
    Ssid,
    TlsName,
    Volume,
)
from territory.vocabulary import (
    AtEnd,
    AttributeSet,
    Brand,
    ContractRole,
    IdentificationLevel,
    IdentificationMethod,
    Link,
    MacPassword,
    MacUserName,
    MessageAuthenticatorRule,
    NetworkKind,
    OnPublicHolidays,
    OrganisationKind,
    PlaceType,
    SnmpAuthentication,
    SnmpPrivacy,
    SnmpVersion,
    Zone,
)


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_keys(cls, content: Any) -> Any:
        """Take a known key without a value for an absent one."""
        if not isinstance(content, dict):
            return content
        known = cls.model_fields
        return {key: v for key, v in content.items() if v is not None or key not in known}


class TerritoryEntry(_Entry):
    """What the whole file is about; names typed in it are looked for in this département first."""

    departement: str = Field(
        pattern=r"^(0[1-9]|[13-8][0-9]|2[1-9AB]|9[0-5]|9[78][0-9])$",
        description='the code of the département, such as "55"',
    )


class NewsletterEntry(_Entry):
    """What guests may agree to receive, by a box that nobody has to tick."""

    sender: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        description="the service that writes, as guests know it"
    )
    purpose: Sentence = Field(description="what it writes about, in one plain sentence")


class SmsEntry(_Entry):
    """What text messages may cost, counted in parts as they are paid for."""

    a_day: MessageCount | None = None
    a_month: MessageCount | None = None


class SiteSmsEntry(SmsEntry):
    """The same at one site, and how many codes there may be that nobody typed."""

    unproven_an_hour: MessageCount | None = None


class ContractEntry(_Entry):
    """By what an organisation offers Wi-Fi on this base, and who decides about the data."""

    role: ContractRole = Field(description="controller, joint or processor (GDPR art. 26 and 28)")
    competence_basis: Annotated[str, Field(min_length=1, max_length=300)] = Field(
        description="the text, statute or decision by which it may offer it"
    )
    since: date = Field(description="the day from which it holds")


class OrganisationEntry(_Entry):
    """Who orders and answers for sites."""

    code: Code = Field(description="a short name, unique among organisations")
    name: Name = Field(description="the name guests read")
    kind: OrganisationKind = Field(description="what kind of body it is")
    siren: SirenNumber | None = None
    contact: Email = Field(description="the address of the service, not of a person")
    dpo: Email | None = None
    contract: ContractEntry | None = None
    colour: Colour | None = None
    logo: LogoText | None = None
    message: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    sponsors: tuple[Sponsor, ...] = ()
    newsletter: NewsletterEntry | None = None
    sms: SmsEntry = SmsEntry()


class PlanEntry(_Entry):
    """A set of access rights."""

    code: Code = Field(description="a short name, unique among plans")
    name: Name = Field(description="the name guests read")
    session: SessionTime = Field(description="how long one may stay online, such as 4h")
    idle: IdleTime = 900
    interim: InterimTime = 300
    upload: Rate | None = None
    download: Rate | None = None
    volume: Volume | None = None
    mac_authentication: bool = True
    day_time: DayTime | None = None
    month_time: MonthTime | None = None
    day_volume: Volume | None = None
    month_volume: Volume | None = None
    devices: Annotated[int, Field(ge=1, le=100)] | None = None
    hours: OpeningHoursText | None = None
    public_holidays: OnPublicHolidays = OnPublicHolidays.AS_USUAL
    at_end: AtEnd = AtEnd.CUT
    slow_upload: Rate | None = None
    slow_download: Rate | None = None
    vlan: Annotated[int, Field(ge=1, le=4094)] | None = None
    role: GatewayRole | None = None
    methods: tuple[IdentificationMethod, ...] = ()
    identification: IdentificationLevel = IdentificationLevel.NONE


class CommuneEntry(_Entry):
    """Where a site stands: the code is what counts, the name is checked against it."""

    insee: Insee = Field(description='the INSEE code, such as "55029" (not the postal code)')
    name: Name | None = None


class CoordinatesEntry(_Entry):
    """A point on the map, WGS 84, decimal degrees."""

    latitude: float = Field(ge=-90, le=90, description="degrees north, such as 48.7727")
    longitude: float = Field(ge=-180, le=180, description="degrees east, such as 5.1605")


class NetworkEntry(_Entry):
    """One SSID of a site."""

    ssid: Ssid = Field(description="the name phones show")
    kind: NetworkKind = NetworkKind.PUBLIC


class HelperEntry(_Entry):
    """A service that helps people get online at a site: a service, never a person."""

    name: Name = Field(description="the service's name, never a person's")
    hours: OpeningHoursText = Field(description="when it is there, as Tu,Th 14:00-17:00")
    phone: PhoneText | None = None


class SnmpEntry(_Entry):
    """How a piece of equipment is asked for its counters."""

    version: SnmpVersion = Field(description="v2c, v3, or none where it is not to be asked")
    port: Annotated[int, Field(ge=1, le=65_535)] = 161
    community: SnmpCommunity | None = Field(default=None, repr=False)
    user: SnmpUser | None = None
    auth: SnmpAuthentication | None = None
    auth_secret: SnmpSecret | None = Field(default=None, repr=False)
    priv: SnmpPrivacy | None = None
    priv_secret: SnmpSecret | None = Field(default=None, repr=False)


class NasEntry(_Entry):
    """Who sends RADIUS for a gateway."""

    code: Code = Field(description="a short name, unique among NAS")
    source_address: InsideAddress | None = None
    tls_name: TlsName | None = None
    identifier: Annotated[str, Field(min_length=1, max_length=253)] | None = None
    shared_secret: Secret | None = Field(default=None, repr=False)
    require_message_authenticator: MessageAuthenticatorRule = MessageAuthenticatorRule.ALWAYS
    limit_proxy_state: bool = True
    coa_port: int | None = Field(default=None, ge=1, le=65_535)
    attribute_sets: tuple[AttributeSet, ...] = Field(
        default=(AttributeSet.STANDARD, AttributeSet.WISPR, AttributeSet.COOVACHILLI), min_length=1
    )
    mac_user_name: MacUserName | None = None
    mac_password: MacPassword | None = None
    snmp: SnmpEntry | None = None


class ControllerEntry(_Entry):
    """The server that lets guests in where the gateway takes no log-in from their browser."""

    url: ControllerUrl = Field(
        description="its https address, such as https://10.55.0.9:8443, without a path of its API"
    )
    site: Annotated[str, Field(min_length=1, max_length=120)] = "default"
    user: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    password: ControllerPassword = Field(
        repr=False, description="the password of that account, or the API key where there is none"
    )
    certificate: CertificateDigest | None = None
    client: Annotated[str, Field(min_length=1, max_length=120)] | None = Field(
        default=None, description="Omada: the client ID of an Open API application that only views"
    )
    client_secret: ControllerPassword | None = Field(default=None, repr=False)


class GatewayEntry(_Entry):
    """What redirects phones to the portal."""

    code: Code = Field(description="a short name, unique among gateways")
    brand: Brand = Field(description="the dialect it speaks")
    login_address: LoginAddress = Field(
        description="the host[:port] guests are handed back to, such as 10.1.0.1:3990"
    )
    portal_base: PortalBase | None = None
    portal_secret: Secret | None = Field(default=None, repr=False)
    variant: Code | None = None
    controller: ControllerEntry | None = None
    model: Name | None = None
    nas: tuple[NasEntry, ...] = ()


class AccessPointEntry(_Entry):
    """A radio."""

    code: Code = Field(description="a short name, unique among access points")
    name: Name = Field(description="the name technicians use, such as Accueil")
    mac: MacText | None = None
    management_address: AnyAddress | None = None
    model: Name | None = None
    zone: Zone = Zone.GENERAL
    snmp: SnmpEntry | None = None


class PortBlocksEntry(_Entry):
    """How the gateway shares its ports out among devices, where it holds the public address."""

    devices: PrivateRange = Field(
        description="the addresses its devices are given, such as 10.1.0.10-10.1.0.250"
    )
    ports: Annotated[int, Field(ge=1, le=65_535)] = LEAST_PORTS
    first_port: Port = FIRST_PORT
    last_port: Port = LAST_PORT
    pool: tuple[PublicIPv4, ...] = ()
    in_force_since: AwareDatetime | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if fault := self.shared().fault():
            raise ValueError(fault)
        return self

    def shared(self) -> PortBlocks:
        """Return the same as the rule takes it."""
        first, _, last = self.devices.partition("-")
        return PortBlocks(
            first_address=IPv4Address(first),
            last_address=IPv4Address(last),
            pool=self.pool,
            ports=self.ports,
            first_port=self.first_port,
            last_port=self.last_port,
        )


class SiteEntry(_Entry):
    """A place with public Wi-Fi."""

    code: Code = Field(description="a short name, unique among sites")
    name: Name = Field(description="the name guests read")
    organisation: Code = Field(description="the code of the organisation that answers for it")
    commune: CommuneEntry | None = None
    address: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    coordinates: CoordinatesEntry | None = None
    place_type: PlaceType = Field(description="what kind of place it is")
    link: Link = Field(description="the way it reaches the base")
    plan: Code = Field(description="the code of its guests' plan")
    listed: bool = True
    package: Code | None = None
    welcome: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    public_addresses: tuple[PublicAddress, ...] | None = None
    port_blocks: PortBlocksEntry | None = None
    hours: OpeningHoursText | None = None
    closed_days: tuple[ClosedDays, ...] = ()
    mac_authentication: bool = True
    wifi4eu: bool = False
    wifi4eu_snippet: SnippetId | None = None
    methods: Annotated[tuple[IdentificationMethod, ...], Field(min_length=1)] | None = None
    helpers: tuple[HelperEntry, ...] = ()
    sms: SiteSmsEntry = SiteSmsEntry()
    snmp: SnmpEntry | None = None
    networks: tuple[NetworkEntry, ...] = Field(min_length=1, description="at least one network")
    gateways: tuple[GatewayEntry, ...] = ()
    access_points: tuple[AccessPointEntry, ...] = ()


class OperatorEntry(_Entry):
    """A person who works with the base."""

    login: Email = Field(description="a professional e-mail address, unique")
    display_name: Name = Field(description="the name colleagues read")
    role: Role = Field(description="what they may do")
    organisation: Code | None = None
    age_recipient: AgeRecipient | None = None
    signing_key: SigningKey | None = None


class TerritoryFile(_Entry):
    """A whole territory."""

    territory: TerritoryEntry = Field(description="the territory, with its departement")
    organisations: tuple[OrganisationEntry, ...] = Field(
        min_length=1, description="at least one organisation"
    )
    plans: tuple[PlanEntry, ...] = Field(min_length=1, description="at least one plan")
    sites: tuple[SiteEntry, ...] = ()
    operators: tuple[OperatorEntry, ...] = ()
