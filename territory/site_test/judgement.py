"""From what was read of a site to what is wrong and what to do: one rule for each thing looked at.

A rule says something of everything it is asked about, also that it is well or that nobody can tell
yet; the worst comes first only on the page. Words are for a technician on the phone with a town
hall: what was seen, the likely cause, and the one thing to do next. Pure.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from territory.database.commands import Outcome
from territory.rules.answerability import Answer as Answerable
from territory.site_test.findings import Check, Finding, State, bad, good, unknown, warn
from territory.site_test.probes import BY_CODE
from territory.site_test.readings import (
    Answer,
    Caller,
    GatewaySeen,
    NasSeen,
    PortalSeen,
    Readings,
)
from territory.site_test.refusals import why_refused

RECENT: Final = timedelta(days=1)
START_WITHIN: Final = timedelta(minutes=2)
"""Within which the report of a session follows the leave to begin it."""
CLOCK_WARN_SECONDS: Final = 60
CLOCK_BAD_SECONDS: Final = 300
"""Redirects that tell their time are believed within so much."""
CERTIFICATE_WARN: Final = timedelta(days=14)

_WRONG_SECRET: Final = ("message-authenticator", "request-authenticator")
_UNSIGNED: Final = ("unsigned", "unsigned-eap", "unsigned-proxy-state")
_TRY: Final = "Connectez un téléphone au Wi-Fi du lieu, ouvrez une page, puis relancez l'essai."

Rule = Callable[[Readings], Iterator[Finding]]


def judge(readings: Readings) -> list[Finding]:
    """Return what is to be said of a site, in the order in which a guest meets it."""
    return [finding for rule in RULES for finding in rule(readings)]


def judge_nas(all_nas: Sequence[NasSeen], now: datetime) -> list[Finding]:
    """Return what RADIUS alone tells of a site's NAS: secret, signature, records, clock."""
    readings = Readings(now, PortalSeen(""), nas=tuple(all_nas))
    return [finding for rule in RULES_OF_NAS for finding in rule(readings)]


def _recent(at: datetime | None, now: datetime) -> bool:
    return at is not None and at > now - RECENT


# --- The portal -----------------------------------------------------------------------------------


def _dns(read: Readings) -> Iterator[Finding]:
    name = urlsplit(read.portal.url).hostname or ""
    there = read.report.addresses if read.report else None
    if not read.portal.addresses:
        yield bad(
            Check.DNS,
            f"Le nom {name} ne mène à aucune adresse.",
            "Créez son enregistrement A (et AAAA) chez qui tient le nom de domaine, ou corrigez"
            " portal.public_url.",
        )
    elif there == ():
        yield bad(
            Check.DNS,
            f"Ici {name} mène à {', '.join(read.portal.addresses)}, mais pas depuis le lieu.",
            "Vérifiez le résolveur DNS de la passerelle : qu'il joigne Internet (port 53), et qu'il"
            " n'écarte pas ce nom (rebind_domain de dnsmasq).",
        )
    elif there and not set(there) & set(read.portal.addresses) and not _answers_there(read):
        yield bad(
            Check.DNS,
            f"Depuis le lieu, {name} mène à {', '.join(there)} au lieu de"
            f" {', '.join(read.portal.addresses)}.",
            "Ôtez de la passerelle ou de la box l'adresse inscrite à la main pour ce nom.",
        )
    else:
        where = " et depuis le lieu" if there else ""
        yield good(Check.DNS, f"{name} mène au portail ici{where}.")


def _answers_there(read: Readings) -> bool:
    return bool(read.report and read.report.portal_answers)


def _certificate(read: Readings) -> Iterator[Finding]:
    portal, check = read.portal, Check.CERTIFICATE
    name, certificate = urlsplit(portal.url).hostname or "", portal.certificate
    if not portal.is_https:
        yield unknown(check, "Le portail est en clair : il n'a pas de certificat.", "")
    elif not portal.addresses:
        yield unknown(check, "Son nom ne mène nulle part : voyez d'abord cela.", "")
    elif certificate is None:
        yield bad(
            check,
            f"Personne ne répond en TLS à {portal.url}.",
            "Vérifiez que le portail tourne (socle doctor) et que le port est ouvert.",
        )
    elif certificate.ends_at <= read.now:
        yield bad(
            check,
            f"Le certificat du portail a expiré le {certificate.ends_at:%d/%m/%Y}.",
            "Renouvelez-le et relancez la tâche qui le renouvelle : les téléphones refusent la"
            " page.",
        )
    elif not _is_for(name, certificate.names):
        yield bad(
            check,
            f"Le certificat est fait pour {', '.join(certificate.names) or 'personne'}, pas pour"
            f" {name}.",
            f"Demandez un certificat pour {name}.",
        )
    elif certificate.fault:
        yield bad(
            check,
            f"Le certificat n'est pas reconnu : {certificate.fault}.",
            "Servez la chaîne entière (fullchain) d'une autorité que les téléphones connaissent.",
        )
    else:
        days = (certificate.ends_at - read.now).days
        if certificate.ends_at - read.now < CERTIFICATE_WARN:
            yield warn(
                check,
                f"Le certificat expire dans {_counted(days, 'jour')}.",
                "Voyez pourquoi son renouvellement automatique n'a pas eu lieu.",
            )
        else:
            yield good(check, f"Le certificat est bon encore {days} jours.")


def _is_for(name: str, names: tuple[str, ...]) -> bool:
    parent = name.partition(".")[2]
    return name in names or f"*.{parent}" in names


# --- Before the log-in ----------------------------------------------------------------------------


def _walled_garden(read: Readings) -> Iterator[Finding]:
    name, report = urlsplit(read.portal.url).hostname or "", read.report
    if report is None or report.portal_answers is None:
        yield unknown(Check.WALLED_GARDEN, "Personne n'a regardé depuis le lieu.", _RUN_SCRIPT)
    elif report.portal_answers:
        yield good(Check.WALLED_GARDEN, "Depuis le lieu, le portail répond avant l'accès.")
    elif report.is_gateway:
        yield bad(
            Check.WALLED_GARDEN,
            "La passerelle elle-même ne joint pas le portail.",
            "Vérifiez son accès à Internet, son horloge (TLS en dépend), et que le pare-feu du lieu"
            f" laisse sortir vers {name}.",
        )
    else:
        yield bad(
            Check.WALLED_GARDEN,
            "Avant l'accès, un appareil du lieu ne joint pas le portail.",
            f"Ajoutez {name} à ce que la passerelle laisse passer avant l'accès (uamallowed,"
            " walled garden), pour ses ports 80 et 443.",
        )


def _providers(read: Readings) -> Iterator[Finding]:
    """Each provider a guest may choose; nobody but the site can tell whether it lets them there."""
    seen = read.report.providers if read.report else {}
    for provider in read.providers:
        check, host, about = Check.PROVIDERS, provider.own_host, provider.name
        names = f"{', '.join(provider.hosts)} (et les noms d'en dessous, port 443)."
        if host not in seen:
            yield unknown(
                check,
                f"Personne n'a essayé {host} depuis le lieu. La passerelle doit laisser passer"
                f" avant l'accès : {names}",
                _RUN_SCRIPT + " S'il n'en dit rien, refaites ce dossier : socle site render.",
                about,
            )
        elif seen[host]:
            yield good(check, f"Depuis le lieu, {host} répond avant l'accès.", about)
        else:
            yield bad(
                check,
                f"Depuis le lieu, {host} ne répond pas avant l'accès : personne ne peut s'y"
                " identifier.",
                f"Ajoutez à ce que la passerelle laisse passer avant l'accès : {names} Un dossier"
                " refait (socle site render) les a.",
                about,
            )


_RUN_SCRIPT: Final = (
    "Lancez essai.sh, du dossier du lieu, sur un ordinateur relié au Wi-Fi et pas encore connecté,"
    " puis collez ici ce qu'il écrit."
)


def _detection(read: Readings) -> Iterator[Finding]:
    probes = read.report.probes if read.report else {}
    if not probes:
        yield unknown(Check.DETECTION, "Aucun système n'a été essayé.", _RUN_SCRIPT)
    elif set(probes.values()) == {Answer.OPEN}:
        yield bad(
            Check.DETECTION,
            "Tout Internet répond : cet appareil est déjà en ligne, ou la passerelle n'arrête"
            " personne.",
            "Déconnectez cet appareil et recommencez ; sinon, activez le portail sur ce réseau.",
        )
    else:
        for code, answer in probes.items():
            yield _of_probe(code, answer)


def _of_probe(code: str, answer: Answer) -> Finding:
    probe, check = BY_CODE[code], Check.DETECTION
    host = urlsplit(probe.url).hostname or ""
    match answer:
        case Answer.REDIRECTED:
            return good(check, "La page d'accueil s'affichera d'elle-même.", probe.system)
        case Answer.OPEN:
            return bad(
                check,
                f"{host} répond avant l'accès : l'appareil se croit en ligne et n'affiche rien.",
                f"Ôtez {host} (ou le nom plus large qui le couvre) de ce que la passerelle laisse"
                " passer avant l'accès.",
                probe.system,
            )
        case Answer.NOTHING:
            return bad(
                check,
                f"{host} ne répond pas : l'appareil dit « pas d'Internet » et n'affiche rien.",
                "La passerelle doit résoudre ce nom avant l'accès (DNS) et détourner le port 80"
                " au lieu de le fermer.",
                probe.system,
            )


def _redirect(read: Readings) -> Iterator[Finding]:
    for gateway in read.gateways:
        yield _of_gateway(read, gateway)


def _of_gateway(read: Readings, gateway: GatewaySeen) -> Finding:
    check, arrived, refused = Check.REDIRECT, gateway.arrived_at, gateway.refused_at
    if refused and (arrived is None or refused > arrived):
        cause, remedy = why_refused(gateway.refusal)
        return bad(check, cause, remedy, gateway.code)
    if _recent(arrived, read.now):
        return good(check, "Elle renvoie bien les téléphones au portail.", gateway.code)
    address = f"{read.portal.url}/gateway/{gateway.brand}/{gateway.code}"
    since = f" depuis le {arrived:%d/%m/%Y}" if arrived else ""
    return bad(
        check,
        f"Aucun téléphone n'est arrivé au portail par cette passerelle{since}.",
        f"{_TRY} Si rien n'arrive, vérifiez dans la passerelle l'adresse du portail ({address}, ou"
        " celle de son dossier) et que le portail captif est activé sur ce réseau.",
        gateway.code,
    )


# --- RADIUS ---------------------------------------------------------------------------------------


def _radius_address(read: Readings) -> Iterator[Finding]:
    check = Check.RADIUS_ADDRESS
    for nas in read.nas:
        caller = next((each for each in read.callers if _may_be(each, nas, read)), None)
        if caller and not _heard_since(nas, caller.last_at) and caller.is_public:
            yield bad(check, *_in_clear(caller, nas), nas.code)
        elif caller and not _heard_since(nas, caller.last_at):
            found = caller.address
            yield bad(
                check,
                f"« {nas.identifier} » nous appelle depuis {found}, mais il est décrit à"
                f" {nas.known_by} : nous ne répondons pas.",
                f"Si c'est bien lui, inscrivez source_address: {found} dans la description, puis"
                f" appliquez-la ; sinon, faites partir son RADIUS de {nas.known_by} (nasip, source"
                " du tunnel).",
                nas.code,
            )
        elif _recent(nas.heard_at, read.now) or _recent(_last_discard(nas), read.now):
            yield good(check, f"RADIUS vient de {nas.known_by}, comme décrit.", nas.code)
        else:
            yield bad(
                check,
                f"Rien n'est venu de {nas.known_by} depuis un jour.",
                f"{_TRY} Si rien ne vient, vérifiez le lien du lieu (tunnel, route) et dans la"
                " passerelle l'adresse du serveur RADIUS et les ports 1812 et 1813.",
                nas.code,
            )


def _may_be(caller: Caller, nas: NasSeen, read: Readings) -> bool:
    """Whether a caller names itself as a NAS does, or calls from where its site is."""
    named = bool(caller.claimed_name) and caller.claimed_name in {nas.identifier, nas.known_by}
    return named or (caller.is_public and caller.address in read.public_addresses)


def _in_clear(caller: Caller, nas: NasSeen) -> tuple[str, str]:
    """Return what is wrong with RADIUS that comes in clear from the Internet, and the remedy."""
    who = f" en disant « {caller.claimed_name} »" if caller.claimed_name else ""
    return (
        f"Du RADIUS en clair nous vient de l'adresse publique {caller.address}{who} : la base n'y"
        " répond jamais, d'où qu'il vienne.",
        f"Faites passer {nas.code} par le lien du lieu : link: tunnel (ou radsec) dans la"
        f" description, puis le dossier refait (socle site render). Le serveur RADIUS de la"
        " passerelle est alors l'adresse de la base dans le tunnel, pas son adresse publique.",
    )


def _heard_since(nas: NasSeen, at: datetime) -> bool:
    return nas.heard_at is not None and nas.heard_at > at


def _last_discard(nas: NasSeen) -> datetime | None:
    return max(nas.discards.values(), default=None)


def _radius_secret(read: Readings) -> Iterator[Finding]:
    for nas in read.nas:
        at = max((nas.discards[r] for r in _WRONG_SECRET if r in nas.discards), default=None)
        if at and not _heard_since(nas, at):
            yield bad(
                Check.RADIUS_SECRET,
                "Ses requêtes arrivent, mais leur preuve est fausse : le secret partagé diffère.",
                f"Lisez le secret par socle nas secret {nas.code} et saisissez-le dans la"
                " passerelle, pour l'accès (1812) et pour les comptes rendus (1813).",
                nas.code,
            )
        elif _recent(nas.heard_at, read.now):
            yield good(Check.RADIUS_SECRET, "Le secret partagé est le bon.", nas.code)
        else:
            yield unknown(Check.RADIUS_SECRET, "Aucune requête récente.", _TRY, nas.code)


def _signature(read: Readings) -> Iterator[Finding]:
    check = Check.SIGNATURE
    for nas in read.nas:
        at = max((nas.discards[r] for r in _UNSIGNED if r in nas.discards), default=None)
        if at and not (nas.access_at and nas.access_at > at):
            yield bad(
                check,
                "Ses demandes d'accès ne sont pas signées (Message-Authenticator) : elles sont"
                " écartées.",
                "Mettez à jour son logiciel ou cochez cette option ; à défaut, et si son lien est"
                " protégé, décrivez-le avec require_message_authenticator: when-present. S'il"
                f" signait avant un changement de logiciel : socle nas unlearn {nas.code}.",
                nas.code,
            )
        elif _recent(nas.unsigned_at, read.now):
            yield warn(
                check,
                "Il est pris sans signature : quelqu'un sur le chemin pourrait forger une réponse.",
                "Mettez à jour son logiciel, ou cochez Message-Authenticator.",
                nas.code,
            )
        elif _recent(nas.access_at, read.now):
            yield good(check, "Ses demandes d'accès sont signées.", nas.code)
        else:
            yield unknown(check, "Aucune demande d'accès récente.", _TRY, nas.code)


def _accounting(read: Readings) -> Iterator[Finding]:
    check = Check.ACCOUNTING
    for nas in read.nas:
        access, accounting = nas.access_at, nas.accounting_at
        if access is None or not _recent(access, read.now):
            yield unknown(check, "Aucune demande d'accès récente.", _TRY, nas.code)
        elif accounting is None or accounting < access - START_WITHIN:
            yield bad(
                check,
                "Il demande l'accès, mais ne rend pas compte des sessions : ni preuve, ni durée, ni"
                " volume.",
                "Activez les comptes rendus (accounting) dans la passerelle : même serveur, port"
                " 1813, même secret, et un compte rendu intermédiaire ; ouvrez ce port.",
                nas.code,
            )
        else:
            yield good(check, "Les comptes rendus arrivent.", nas.code)


def _clock(read: Readings) -> Iterator[Finding]:
    report = read.report
    seen = [(nas.code, nas.clock_seconds) for nas in read.nas]
    if report and report.is_gateway:
        seen.append(("la passerelle", report.clock_seconds))
    for about, seconds in seen:
        if seconds is None:
            yield unknown(Check.CLOCK, "Elle n'a pas encore dit son heure.", _TRY, about)
            continue
        off = "en avance" if seconds > 0 else "en retard"
        says = f"Son horloge est {off} de {_duration(abs(seconds))}."
        if abs(seconds) < CLOCK_WARN_SECONDS:
            yield good(Check.CLOCK, "Son horloge est à l'heure.", about)
        else:
            weigh = bad if abs(seconds) >= CLOCK_BAD_SECONDS else warn
            yield weigh(
                Check.CLOCK,
                says,
                "Réglez son serveur de temps (NTP) et laissez sortir le port UDP 123 : certificats"
                " et heures de fermeture en dépendent.",
                about,
            )


def _duration(seconds: float) -> str:
    for unit, word in ((86_400, "jour"), (3_600, "heure"), (60, "minute")):
        if seconds >= 2 * unit or (seconds >= unit and unit == 60):
            return _counted(int(seconds // unit), word)
    return _counted(int(seconds), "seconde")


def _counted(number: int, word: str) -> str:
    return f"{number} {word}s" if number > 1 else f"{number} {word}"


def _orders(read: Readings) -> Iterator[Finding]:
    check, order = Check.COA, read.order
    if not read.nas:
        return
    ports = ", ".join(sorted({str(nas.coa_port) for nas in read.nas}))
    if order is None and read.is_ordered:
        yield bad(
            check,
            "Un ordre a été donné, et la base ne l'a pas transmis à la passerelle.",
            "Vérifiez que le composant RADIUS de la base fonctionne (socle doctor), puis relancez"
            " l'essai.",
        )
    elif order is None:
        says = "Aucune session n'est ouverte : il n'y a rien à lui demander."
        yield unknown(check, says, _TRY)
    elif order.outcome is Outcome.NO_ANSWER:
        yield bad(
            check,
            "Un ordre de la base est resté sans réponse : personne ne peut être déconnecté à"
            " distance.",
            f"Activez CoA et Disconnect (RFC 5176) dans la passerelle, sur le port UDP {ports}"
            " (coaport), autorisez-y l'adresse de la base, et vérifiez que le lien du lieu mène"
            " jusqu'à elle.",
        )
    elif order.outcome is Outcome.IMPOSSIBLE:
        yield warn(check, f"La base ne peut rien lui demander : {order.words}.", "")
    else:
        yield good(check, "La passerelle répond aux ordres de la base.")


def _evidence(read: Readings) -> Iterator[Finding]:
    """Whether a question about the site would lead to one device (CPCE R10-13 IV)."""
    told = read.answerability
    if told is None:
        return
    match told.answer:
        case Answerable.SURELY:
            yield good(Check.EVIDENCE, told.why)
        case Answerable.AMBIGUOUS:
            yield warn(Check.EVIDENCE, told.why, told.remedy)
        case Answerable.NOT:
            yield unknown(Check.EVIDENCE, told.why, told.remedy)


RULES_OF_NAS: Final[tuple[Rule, ...]] = (_radius_secret, _signature, _accounting, _clock)
RULES: Final[tuple[Rule, ...]] = (
    _redirect,
    _dns,
    _certificate,
    _walled_garden,
    _providers,
    _detection,
    _radius_address,
    *RULES_OF_NAS,
    _orders,
    _evidence,
)


def worst(findings: list[Finding]) -> State:
    """Return how a site does as a whole: as its worst finding."""
    return max((finding.state for finding in findings), key=list(State).index, default=State.GOOD)
