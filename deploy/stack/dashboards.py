"""What Grafana shows, by what it asks Prometheus: five pages, each for one question of a day.

`python -m deploy.stack.dashboards` writes them as JSON into grafana/dashboards/, where Grafana's
provisioning finds them; a test holds both equal, and another asks a real Prometheus every question.
"""

from functools import partial
from pathlib import Path
from typing import Final

from deploy.stack.drawing import Dashboard, Kind, Panel, Unit, Variable, draw

FOLDER: Final = Path(__file__).parent / "grafana" / "dashboards"
_SITE: Final = 'site=~"$site"'
_NAS: Final = 'nas=~"$nas"'
_VISITS: Final = "socle_portal_visits_total"
_SITES_DOWN: Final = (
    "sum((site:socle_nas_down:sum > bool 0) * (site:socle_nas_working:sum == bool 0))"
)
_REPLIES: Final = "nas_code:socle_radius_nas_replies:increase30m"
_ACCEPTED: Final = (
    f'sum by (nas) ({_REPLIES}{{code="access_accept",{_NAS}}})'
    f" / sum by (nas) ({_REPLIES}{{{_NAS}}})"
)
_UNSIGNED: Final = f"sum by (nas) (increase(socle_radius_unsigned_requests_total{{{_NAS}}}[1d]))"
_LAST_HEARD: Final = (
    f"time() - max by (nas) (socle_radius_nas_last_accounting_timestamp_seconds{{{_NAS}}})"
)


def _share(step: str, of: str, labels: str) -> str:
    """Return how many of those at one step came to another, within the time shown."""
    came = f'sum(increase({_VISITS}{{step="{step}",{labels}}}[$__range]))'
    began = f'sum(increase({_VISITS}{{step="{of}",{labels}}}[$__range]))'
    return f"{came} / {began}"


def _percentile(share: float, metric: str, by: str, within: str = "$__rate_interval") -> str:
    counts = f"sum by ({by}, le) (rate({metric}_bucket[{within}]))"
    return f"histogram_quantile({share}, {counts})"


def _rate(metric: str, by: str, labels: str = "") -> str:
    chosen = f"{{{labels}}}" if labels else ""
    return f"sum by ({by}) (rate({metric}{chosen}[$__rate_interval]))"


def _told(measure: str, by: str) -> str:
    """Return what the equipment of the chosen sites tells of itself."""
    return f"max by ({by}) (socle_supervision_{measure}{{{_SITE}}})"


_lines = partial(Panel, Kind.LINES)
_stack = partial(Panel, Kind.STACK)
_number = partial(Panel, Kind.NUMBER)
_bars = partial(Panel, Kind.BARS)


def _steps(by: str, labels: str) -> dict[str, str]:
    counted = f"sum by ({by}) (increase({_VISITS}{{{labels}}}[1h]))"
    return {" · ".join(f"{{{{{one}}}}}" for one in by.split(", ")): counted}


TERRITORY: Final = Dashboard(
    "territoire",
    "Territoire",
    (
        (
            _number("Lieux en panne", Unit.COUNT, _SITES_DOWN, bad_from=1),
            _number(
                "Équipements hors service",
                Unit.COUNT,
                'sum(socle_supervision_equipment{state="down"})',
                bad_from=1,
            ),
            _number("Lieux connus du portail", Unit.COUNT, "max(socle_portal_places)"),
            _number(
                "Connexions sur une heure",
                Unit.COUNT,
                f'sum(increase({_VISITS}{{step="online"}}[1h]))',
            ),
            _number(
                "Composants qui ne répondent pas",
                Unit.COUNT,
                'sum(up{job="socle"} == bool 0)',
                bad_from=1,
            ),
            _number(
                "Âge de l’archive",
                Unit.SECONDS,
                "max(socle_retention_archive_age_seconds)",
                bad_from=4 * 86_400,
            ),
        ),
        (
            _stack(
                "Équipements par état",
                Unit.COUNT,
                {"{{state}}": "sum by (state) (socle_supervision_equipment)"},
            ),
            _lines("Parcours des usagers, par heure", Unit.COUNT, _steps("step", 'site=~".+"')),
        ),
        (
            _bars(
                "Équipements hors service, par lieu",
                Unit.COUNT,
                {"{{site}}": "topk(20, site:socle_equipment_down:sum)"},
                bad_from=1,
            ),
            _bars(
                "SMS : part du budget du mois",
                Unit.RATIO,
                {"{{organisation}}": 'socle_portal_sms_budget_ratio{site="",span="month"}'},
                bad_from=0.8,
            ),
        ),
        (
            _lines(
                "Processeur, par composant",
                Unit.RATIO,
                {
                    "{{component}} {{worker}}": _rate(
                        "process_cpu_seconds_total", "component, worker"
                    )
                },
            ),
            _lines(
                "Mémoire, par composant",
                Unit.OCTETS,
                {"{{component}} {{worker}}": "process_resident_memory_bytes"},
            ),
            _lines(
                "Retard de la boucle, 99e centile",
                Unit.SECONDS,
                {"{{component}}": "component:socle_event_loop_lag_seconds:p99_5m"},
                bad_from=0.5,
            ),
        ),
        (
            _lines(
                "Durée d’un tour de supervision, 95e centile",
                Unit.SECONDS,
                _percentile(0.95, "socle_supervision_round_duration_seconds", "job", "1h"),
            ),
            _stack(
                "Réponses aux relevés, par résultat",
                Unit.PER_SECOND,
                {"{{outcome}}": _rate("socle_supervision_readings_total", "outcome")},
            ),
            _bars(
                "Supervision gênée par",
                Unit.ON_OFF,
                {"{{by}}": "max by (by) (socle_supervision_hindered)"},
                bad_from=1,
            ),
        ),
    ),
)

SITE: Final = Dashboard(
    "lieu",
    "Lieu",
    (
        (
            _number(
                "En service",
                Unit.COUNT,
                f'sum(socle_supervision_equipment{{{_SITE},state=~"up|degraded"}})',
            ),
            _number(
                "Hors service",
                Unit.COUNT,
                f'sum(socle_supervision_equipment{{{_SITE},state="down"}})',
                bad_from=1,
            ),
            _number("Arrivés qui se connectent", Unit.RATIO, _share("online", "arrived", _SITE)),
        ),
        (
            _stack(
                "Équipements, par nature et état",
                Unit.COUNT,
                {
                    "{{kind}} {{state}}": (
                        f"sum by (kind, state) (socle_supervision_equipment{{{_SITE}}})"
                    )
                },
            ),
            _lines("Parcours, par heure", Unit.COUNT, _steps("step", _SITE)),
        ),
        (
            _stack("Connectés, par moyen", Unit.COUNT, _steps("method", f'step="online",{_SITE}')),
            _stack(
                "Connectés, par langue", Unit.COUNT, _steps("language", f'step="online",{_SITE}')
            ),
            _lines(
                "SMS : part du budget",
                Unit.RATIO,
                {"{{site}} {{span}}": f"socle_portal_sms_budget_ratio{{{_SITE}}}"},
                bad_from=0.8,
            ),
        ),
        (
            _lines(
                "Appareils sur chaque borne",
                Unit.COUNT,
                {"{{equipment}}": _told("clients", "equipment")},
            ),
            _lines(
                "Occupation des canaux",
                Unit.RATIO,
                {"{{equipment}} {{radio}}": _told("radio_utilisation_ratio", "equipment, radio")},
                bad_from=0.7,
            ),
            _lines(
                "Débit des bornes",
                Unit.OCTETS_PER_SECOND,
                {
                    "{{equipment}} {{direction}}": _rate(
                        "socle_supervision_interface_octets_total", "equipment, direction", _SITE
                    )
                },
            ),
        ),
        (
            _lines(
                "Processeur des bornes",
                Unit.RATIO,
                {"{{equipment}}": _told("cpu_ratio", "equipment")},
                bad_from=0.9,
            ),
            _lines(
                "Mémoire des bornes",
                Unit.RATIO,
                {"{{equipment}}": _told("memory_ratio", "equipment")},
                bad_from=0.9,
            ),
            _lines(
                "En marche depuis",
                Unit.SECONDS,
                {"{{equipment}}": _told("uptime_seconds", "equipment")},
            ),
        ),
    ),
    (Variable("site", "Lieu", "socle_supervision_equipment"),),
)

RADIUS: Final = Dashboard(
    "radius",
    "RADIUS",
    (
        (
            _number("Base de données prête", Unit.ON_OFF, "min(socle_radius_ledger_open)"),
            _number(
                "Attente la plus longue sur disque",
                Unit.SECONDS,
                "max(socle_radius_spool_oldest_seconds)",
                bad_from=300,
            ),
            _number(
                "Enregistrements confirmés et perdus",
                Unit.COUNT,
                "sum(socle_radius_spool_lost)",
                bad_from=1,
            ),
            _number(
                "Paquets mis de côté",
                Unit.COUNT,
                "sum(increase(socle_radius_set_aside_total[$__range]))",
                bad_from=1,
            ),
        ),
        (
            _lines(
                "Demandes par seconde",
                Unit.PER_SECOND,
                {"{{kind}}": _rate("socle_radius_received_total", "kind")},
            ),
            _stack(
                "Réponses, par motif",
                Unit.PER_SECOND,
                {"{{code}} {{reason}}": _rate("socle_radius_replies_total", "code, reason")},
            ),
            _stack(
                "Sans réponse, par motif",
                Unit.PER_SECOND,
                {"{{kind}} {{reason}}": _rate("socle_radius_discards_total", "kind, reason")},
            ),
        ),
        (
            _lines(
                "Temps de réponse",
                Unit.SECONDS,
                {
                    "{{kind}} médiane": _percentile(0.5, "socle_radius_reply_seconds", "kind"),
                    "{{kind}} 99e centile": "kind:socle_radius_reply_seconds:p99_5m",
                },
                bad_from=0.25,
            ),
            _lines(
                "Lignes écrites ensemble, 95e centile",
                Unit.COUNT,
                {"{{kind}}": _percentile(0.95, "socle_radius_batch_rows", "kind")},
            ),
            _lines(
                "Files d’attente",
                Unit.COUNT,
                {
                    "accès": "sum(socle_radius_access_queue)",
                    "comptabilité": "sum(socle_radius_accounting_queue)",
                    "refus retenus": "sum(socle_radius_rejects_waiting)",
                    "sur disque": "sum(socle_radius_spool_records)",
                    "journal": "sum(socle_radius_outcomes_waiting)",
                },
            ),
        ),
        (
            _lines(
                "Part des demandes acceptées, par passerelle", Unit.RATIO, {"{{nas}}": _ACCEPTED}
            ),
            _bars(
                "Demandes non signées sur un jour, par passerelle",
                Unit.COUNT,
                {"{{nas}}": _UNSIGNED},
                bad_from=1,
            ),
            _bars(
                "Décalage d’horloge, par passerelle",
                Unit.SECONDS,
                {"{{nas}}": f"abs(max by (nas) (socle_radius_nas_clock_offset_seconds{{{_NAS}}}))"},
                bad_from=300,
            ),
            _bars("Dernière comptabilité, par passerelle", Unit.SECONDS, {"{{nas}}": _LAST_HEARD}),
        ),
        (
            _lines(
                "Connexions à la base, hors écriture",
                Unit.COUNT,
                {
                    "{{worker}} au travail": "socle_radius_pool_connections_in_use",
                    "{{worker}} au plus": "socle_radius_pool_connections_most",
                },
            ),
            _lines(
                "Ordres aux passerelles en cours (CoA)",
                Unit.COUNT,
                {
                    "ordres": "sum(socle_radius_coa_commands)",
                    "sans réponse encore": "sum(socle_radius_coa_under_way)",
                    "en attente": "sum(socle_radius_coa_waiting)",
                },
            ),
            _lines(
                "Fin du certificat RadSec",
                Unit.SECONDS,
                "min(socle_radius_radsec_certificate_ends_timestamp_seconds) - time()",
            ),
        ),
    ),
    (Variable("nas", "Passerelle", "socle_radius_nas_replies_total"),),
)

FUNNEL: Final = Dashboard(
    "parcours",
    "Parcours",
    (
        (
            _number("Arrivés identifiés", Unit.RATIO, _share("identified", "arrived", _SITE)),
            _number("Identifiés admis", Unit.RATIO, _share("admitted", "identified", _SITE)),
            _number("Admis en ligne", Unit.RATIO, _share("online", "admitted", _SITE)),
        ),
        (
            _lines("Pas à pas, par heure", Unit.COUNT, _steps("step", _SITE)),
            _stack(
                "Identifiés, par moyen", Unit.COUNT, _steps("method", f'step="identified",{_SITE}')
            ),
            _stack(
                "Arrivés, par langue", Unit.COUNT, _steps("language", f'step="arrived",{_SITE}')
            ),
        ),
        (
            _stack(
                "Arrivées, par marque de passerelle",
                Unit.PER_SECOND,
                {
                    "{{brand}} {{situation}}": _rate(
                        "socle_portal_arrived_total", "brand, situation"
                    )
                },
            ),
            _stack(
                "Refus, par motif",
                Unit.PER_SECOND,
                {"{{reason}}": _rate("socle_portal_refused_total", "reason")},
            ),
            _stack(
                "Codes envoyés, par résultat",
                Unit.PER_SECOND,
                {
                    "{{channel}} {{outcome}}": _rate(
                        "socle_portal_messages_sent_total", "channel, outcome"
                    )
                },
            ),
        ),
        (
            _lines(
                "Temps de chaque page, 95e centile",
                Unit.SECONDS,
                {"{{page}}": _percentile(0.95, "socle_portal_request_seconds", "page")},
                bad_from=1,
            ),
            _lines(
                "Connexions du portail à la base",
                Unit.COUNT,
                {"{{state}}": "sum by (state) (socle_portal_pool_connections)"},
            ),
        ),
    ),
    (Variable("site", "Lieu", _VISITS),),
)

RETENTION: Final = Dashboard(
    "archive",
    "Archive",
    (
        (
            _number(
                "Âge", Unit.SECONDS, "max(socle_retention_archive_age_seconds)", bad_from=4 * 86_400
            ),
            _number(
                "Jours à sceller", Unit.COUNT, "max(socle_retention_due_manifests)", bad_from=2
            ),
            _number(
                "Jours qui manquent",
                Unit.COUNT,
                "sum(socle_missing_retention_days)",
                bad_from=1,
            ),
            _number(
                "Données au-delà de leur durée",
                Unit.COUNT,
                "sum(socle_overdue_purge_records)",
                bad_from=1,
            ),
            _number(
                "Injonction décidée pour encore",
                Unit.SECONDS,
                "max(socle_retention_injunction_ends_timestamp_seconds) - time()",
            ),
            _number(
                "Segments sans décision",
                Unit.COUNT,
                "max(socle_retention_undecided_segments)",
                bad_from=1,
            ),
        ),
        (
            _stack(
                "Segments gardés, par catégorie",
                Unit.COUNT,
                {"{{category}}": "max by (category) (socle_retention_segments)"},
            ),
            _lines(
                "Durée des tâches, 95e centile",
                Unit.SECONDS,
                {"{{task}}": _percentile(0.95, "socle_retention_task_seconds", "task", "1d")},
            ),
            _bars(
                "Tâches en échec",
                Unit.ON_OFF,
                {"{{task}}": "max by (task) (socle_retention_failing)"},
                bad_from=1,
            ),
        ),
    ),
)

DASHBOARDS: Final = (TERRITORY, SITE, RADIUS, FUNNEL, RETENTION)

if __name__ == "__main__":
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.name}.json").write_text(draw(dashboard))
