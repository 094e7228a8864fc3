"""What limits the conclusions of an answer, in French, each with a code that stays: pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from retention.cases.case_file import Day, DayState
from retention.cases.lookup import Certainty, Outcome
from retention.cases.question import Askable, Question
from retention.cases.replies import Reply
from territory.database.tables.columns import Category

CATEGORIES: dict[Askable, str] = {
    Category.SOURCE: "attributions d'adresses",
    Category.TRAFFIC: "durées et volumes",
    Category.ACCOUNT: "comptes",
    Category.IDENTITY: "identités civiles",
}
"""What each category is, in words."""
_PARIS = ZoneInfo("Europe/Paris")
_CLOCK_SECONDS = 60
_DEVICES_NAMED = 12

Statement = dict[str, str]


def about(reply: Reply) -> Iterator[Statement]:
    """Yield what limits the conclusions of one reply."""
    found = reply.found
    yield {"code": "zone", "text": _zone(reply.question)}
    if reply.withheld:
        text = _WITHHELD.format(what=", ".join(CATEGORIES[one] for one in reply.withheld))
        yield {"code": "withheld", "text": text}
    if not reply.given:
        return
    if found.outcome is Outcome.NOTHING:
        yield {"code": "nothing", "text": _NOTHING_SEEN if reply.unseen else _NOTHING}
    if reply.unplaced:
        yield {"code": "unplaced", "text": _UNPLACED.format(n=reply.unplaced)}
    if found.outcome is Outcome.AMBIGUOUS and reply.question.kind == "address":
        why = _NO_PORT if reply.question.port is None else _NO_HOLDER
        text = _AMBIGUOUS.format(n=found.devices, why=why)
        yield {"code": "ambiguous", "text": text}
    yield from _about_devices(reply)


def _about_devices(reply: Reply) -> Iterator[Statement]:
    met = reply.found.attributions if Category.SOURCE in reply.given else ()
    if any(a.certainty is Certainty.POSSIBLE for a in met):
        yield {"code": "uncertain", "text": _UNCERTAIN}
    random = list(dict.fromkeys(a.device or "" for a in met if a.is_random))
    if random:
        more = f" et {len(random) - _DEVICES_NAMED} autres" if len(random) > _DEVICES_NAMED else ""
        named = ", ".join(random[:_DEVICES_NAMED]) + more
        yield {"code": "random_mac", "text": _RANDOM.format(named=named)}
    if met:
        yield {"code": "mac", "text": _MAC}
    offsets = [abs(a.nas_clock_offset_seconds or 0) for a in met]
    if any(offset > _CLOCK_SECONDS for offset in offsets):
        yield {"code": "nas_clock", "text": _NAS_CLOCK.format(seconds=max(offsets))}


def about_all(replies: Sequence[Reply], days: Sequence[Day]) -> Iterator[Statement]:
    """Yield what limits the conclusions of the answer as a whole."""
    for state, text in _DAYS.items():
        for category, name in CATEGORIES.items():
            missing = [d.day for d in days if d.state is state and d.category == category]
            if missing:
                said = text.format(what=name, when=_spans(missing))
                yield {"code": state.value.replace(" ", "_"), "text": said}
    given = {category for reply in replies for category in reply.given}
    if any(reply.unseen for reply in replies):
        yield {"code": "open_accounts", "text": _OPEN_ACCOUNTS}
    if Category.IDENTITY not in given:
        yield {"code": "no_identity", "text": _NO_IDENTITY}


def _zone(question: Question) -> str:
    if question.kind == "address":
        at = question.at
        asked, when = question.at_as_asked, f"le {_utc(at)} en temps universel (UTC)"
        paris = f"le {_paris(at)} à l'heure de Paris"
    else:
        since, until = question.since, question.until
        asked = question.interval_as_asked
        when = f"du {_utc(since)} au {_utc(until)} exclu en temps universel (UTC)"
        paris = f"du {_paris(since)} au {_paris(until)} à l'heure de Paris"
    text = _ZONE.format(asked=asked, when=when, paris=paris)
    if question.kind == "address" and question.to_the_minute:
        text += " L'instant est écrit sans secondes : la recherche couvre toute cette minute."
    if question.kind == "address" and question.uncertainty_seconds:
        text += f" La recherche couvre {question.uncertainty_seconds} s avant et après."
    return text


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%d/%m/%Y %H:%M:%S")


def _paris(moment: datetime) -> str:
    return moment.astimezone(_PARIS).strftime("%d/%m/%Y %H:%M:%S")


def _spans(days: Sequence[date]) -> str:
    """Return days as they are read: ``du 01/11/2026 au 04/11/2026, 07/11/2026``."""
    spans: list[list[date]] = []
    for day in sorted(days):
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    return ", ".join(_span(span[0], span[-1]) for span in spans)


def _span(first: date, last: date) -> str:
    if first == last:
        return first.strftime("%d/%m/%Y")
    return f"du {first:%d/%m/%Y} au {last:%d/%m/%Y}"


_ZONE = (
    "La question porte sur « {asked} », soit {when} et {paris}. Les instants de cette réponse sont"
    " en temps universel."
)
_WITHHELD = (
    "Demandé, et non communiqué : {what}. Le fondement invoqué ne le permet pas, ou il n'a pas été"
    " vérifié qu'il le permet."
)
_NOTHING = (
    "Rien de ce qui est conservé ne répond à cette question. C'est une réponse : les journées"
    " indiquées comme scellées ont été examinées en entier."
)
_NOTHING_SEEN = (
    "Rien de ce qui a été examiné ne répond à cette question. Les comptes encore ouverts ne l'ont"
    " pas été : rien n'est dit de qui en a un."
)
_UNPLACED = (
    "Lieux dont l'adresse publique n'était pas connue au temps demandé, avec des appareils"
    " connectés : {n}. L'adresse demandée a pu être celle d'un de ces lieux."
)
_AMBIGUOUS = (
    "{n} appareils partageaient cette adresse publique au temps demandé et rien de ce qui est"
    " conservé ne les départage : {why}. Tous sont cités ; aucun ne peut être désigné seul."
)
_NO_PORT = "le port source n'est pas communiqué"
_NO_HOLDER = "aucun d'eux n'est connu pour avoir tenu ce port, seul, pendant tout ce temps"
_UNCERTAIN = (
    "Pour les lignes marquées « possible », le début ou la fin de l'attribution n'a pas été"
    " annoncé par l'équipement ; l'incertitude est indiquée en secondes."
)
_RANDOM = (
    "Adresse MAC aléatoire (administrée localement) : {named}. L'appareil l'a choisie pour ce"
    " réseau et pour un temps ; elle ne le désigne sur aucun autre réseau."
)
_MAC = (
    "Une adresse MAC désigne une interface, pas une personne, et peut être modifiée par qui utilise"
    " l'appareil."
)
_NAS_CLOCK = (
    "L'horloge d'un équipement s'écartait de {seconds} s de celle du serveur ; c'est celle du"
    " serveur qui fait foi ici."
)
_OPEN_ACCOUNTS = (
    "Les comptes encore ouverts n'ont pas été examinés : seuls ceux qui ont pris fin sont scellés."
    " Une demande préparée sur le serveur les comprend."
)
_NO_IDENTITY = (
    "Cette réponse ne contient aucune identité civile : elle n'est pas demandée, ou l'accès n'en"
    " demande pas (CPCE L34-1)."
)
_DAYS = {
    DayState.UNSEALED: (
        "Pas encore scellé, {what} : {when}. Ces données sont conservées et ne peuvent être"
        " consultées qu'après leur scellement ; une nouvelle demande sera nécessaire."
    ),
    DayState.PRESERVED: (
        "Détruit à l'échéance légale, hors ce qu'une autorité a fait préserver, {what} : {when}."
        " Rien d'autre de ces journées ne peut être cité."
    ),
    DayState.DESTROYED: "Détruit à l'échéance légale, {what} : {when}.",
    DayState.ABSENT: "Antérieur au début de la conservation, {what} : {when}.",
}
