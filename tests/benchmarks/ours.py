"""Our RADIUS server as it is shipped: `socle serve radius`, a process of its own.

Its database stands in the same PostgreSQL cluster as the peer's. The subscribers are admissions
just granted, not yet bound to a device: the first Access-Request of each binds it, as it does for
a guest, so an answer here costs a write that the peer does not make.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy import insert

from territory.database import tables
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.prepare import prepare
from territory.keyring import Keyring
from territory.rules.credentials import credential_password, new_user_name
from tests.benchmarks import postgres
from tests.benchmarks.servers import SHARED_SECRET, ServerProcess, free_ports, wait_for_accept
from tests.benchmarks.wire import Subscriber

DATABASE = "ours"
EMPTIED = (
    "CHECKPOINT",
    "TRUNCATE source.event, traffic.event, security.authentication, live.session, live.binding",
    "VACUUM ANALYZE",
)
GATEWAY, UAM_SECRET = "benchmark", "uamsecret-of-the-benchmark"
"""The one gateway, and what its redirects are signed with."""
RECORDS = {"access": "security.authentication", "accounting": "source.event"}


class Socle:
    """Our server, running, with as many admissions as there are subscribers."""

    name = "Socle"

    def __init__(self, cluster: postgres.Cluster, subscribers: int) -> None:
        self.authentication_port, self.accounting_port, metrics = free_ports(3)
        self._url = cluster.create_database(DATABASE)
        self._urls: dict[Component, str] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="socle-ours-"))
        self._keyring = Keyring.load_or_create(self._folder / "master.key")
        self._metrics_port = metrics
        self._process: ServerProcess | None = None
        key = self._keyring.derive("credential")
        names = [new_user_name(os.urandom(16)) for _ in range(subscribers)]
        self.subscribers = tuple(
            Subscriber(name, credential_password(key, name), number)
            for number, name in enumerate(names, 1)
        )

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        self._urls = asyncio.run(prepare(self._url, None))
        site, plan = asyncio.run(self._describe_territory())
        self._grant(site, plan)
        self._process = self.serve(
            Component.RADIUS,
            SOCLE_RADIUS__HOST="127.0.0.1",
            SOCLE_RADIUS__AUTHENTICATION_PORT=str(self.authentication_port),
            SOCLE_RADIUS__ACCOUNTING_PORT=str(self.accounting_port),
            SOCLE_METRICS__RADIUS_PORT=str(self._metrics_port),
        )
        wait_for_accept(self._process, self.authentication_port, self.subscribers[0])

    def serve(self, component: Component, **settings: str) -> ServerProcess:
        """Start a component on this database, as it is shipped; whoever asks ends it."""
        environment = os.environ | {
            "SOCLE_STATE_FOLDER": str(self._folder),
            "SOCLE_DATABASE__URL": self._urls[component],
            "PYTHONPATH": str(Path(__file__).parents[2]),
            **settings,
        }
        command = [sys.executable, "-m", "socle", "serve", component.value]
        folder = self._folder / component.value
        folder.mkdir(exist_ok=True)
        return ServerProcess(command, folder, environment)

    def password(self, user_name: str) -> str:
        """Return the password of a credential that the portal has given."""
        return credential_password(self._keyring.derive("credential"), user_name)

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _describe_territory(self) -> tuple[UUID, UUID]:
        """One site, whose gateway sends from loopback and signs everything."""
        organisation, plan, site, gateway = uuid4(), uuid4(), uuid4(), uuid4()
        sealed = self._keyring.seal(SHARED_SECRET.decode())
        rows: list[tuple[Any, dict[str, Any]]] = [
            (
                tables.organisation,
                {
                    "id": organisation,
                    "code": "benchmark",
                    "name": "Banc d'essai",
                    "kind": "departement",
                    "contact_email": "banc@example.org",
                },
            ),
            (
                tables.plan,
                {
                    "id": plan,
                    "code": "benchmark",
                    "name": "Banc d'essai",
                    "session_seconds": 14_400,
                    "idle_seconds": 900,
                    "interim_seconds": 300,
                    "upload_bps": 5_000_000,
                    "download_bps": 20_000_000,
                    "mac_authentication": False,
                },
            ),
            (
                tables.site,
                {
                    "id": site,
                    "code": "benchmark",
                    "organisation_id": organisation,
                    "name": "Banc d'essai",
                    "place_type": "mairie",
                    "link": "private_network",
                    "plan_id": plan,
                    "listed": False,
                },
            ),
            (
                tables.gateway,
                {
                    "id": gateway,
                    "site_id": site,
                    "code": GATEWAY,
                    "brand": "coovachilli",
                    "login_address": "10.1.0.1:3990",
                    "portal_secret_sealed": self._keyring.seal(UAM_SECRET),
                },
            ),
            (
                tables.nas,
                {
                    "id": uuid4(),
                    "site_id": site,
                    "gateway_id": gateway,
                    "code": "benchmark",
                    "source_address": "127.0.0.1",
                    "shared_secret_sealed": sealed,
                    "require_message_authenticator": "always",
                    "limit_proxy_state": True,
                    "coa_port": 3799,
                    "attribute_sets": ["standard", "wispr"],
                },
            ),
        ]
        engine = open_engine(self._url)
        async with engine.begin() as connection:
            for table, row in rows:
                await connection.execute(insert(table).values(row))
        await engine.dispose()
        return site, plan

    def _grant(self, site: UUID, plan: UUID) -> None:
        now = datetime.now(UTC)
        columns = (
            "id",
            "user_name",
            "site_id",
            "plan_id",
            "method",
            "language",
            "terms_version",
            "created_at",
            "credential_expires_at",
            "ends_at",
        )
        until = now + timedelta(hours=8)
        given = (site, plan, "click_through", "fr", "1", now, until, until)
        rows = ((uuid4(), each.user_name, *given) for each in self.subscribers)
        postgres.copy(self._url, "live.admission", columns, rows)
        postgres.execute(self._url, ["VACUUM ANALYZE"])

    @property
    def process_id(self) -> int:
        """Of the server, once started."""
        assert self._process
        return self._process.id

    def reset(self) -> None:
        """Unbind every admission and empty the records, so that each window starts the same."""
        postgres.execute(self._url, EMPTIED)

    def recorded(self, kind: str) -> int:
        """Rows of the log of answers, or of accounting records."""
        return postgres.count(self._url, f"SELECT count(*) FROM {RECORDS[kind]}")

    def records_due(self, kind: str, good: int) -> int:
        """One row an answer, one row a record."""
        return good
