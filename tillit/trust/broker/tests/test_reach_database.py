"""A database on another machine is reached by a socket here; the broker encrypts, checks and counts what passes."""

import asyncio
import contextlib
import ssl
import threading

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tillit.foundation.ways import Shut, connect
from tillit.site.postgres import Cluster
from tillit.trust.broker.database import SSL_REQUEST, DatabaseRelay, OfferWatcher, Target
from tillit.trust.broker.testing import Authority

ADDRESS = "127.0.0.1"
OFFERED = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"
WITH_BINDING = b"R\0\0\0\x2a\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0"  # what every server offers over TLS
REFUSAL = b"SFATAL\0C28000\0Mno encryption\0\0"


class Front:
    """Encrypts in front of a real PostgreSQL, as poolers do: the packaged one has no TLS of its own."""

    def __init__(self, socket_place: str, context: ssl.SSLContext) -> None:
        self.behind, self.context, self.greeted = socket_place, context, []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = self._run(asyncio.start_server(self._serve, ADDRESS, 0))
        self.port = self.server.sockets[0].getsockname()[1]

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def stop(self):
        self._run(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def _end(self):
        self.server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader, writer):
        self.greeted.append(await reader.readexactly(8))
        if self.greeted[-1] != SSL_REQUEST:
            writer.write(b"E" + (len(REFUSAL) + 4).to_bytes(4, "big") + REFUSAL)
            await writer.drain()
            writer.close()
            return
        writer.write(b"S")
        with contextlib.suppress(OSError):
            await writer.start_tls(self.context)
            there, back = await asyncio.open_unix_connection(self.behind)
            greeting = pour(there, writer, lambda part: part.replace(OFFERED, WITH_BINDING, 1))
            await asyncio.gather(pour(reader, back), greeting)


async def pour(source, target, change=lambda part: part):
    with contextlib.suppress(OSError):
        while part := await source.read(1 << 16):
            target.write(change(part))
            await target.drain()
    target.close()


@pytest.fixture(scope="module")
def authority_of_the_server(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """A second PostgreSQL."""
    cluster = Cluster(tmp_path_factory.mktemp("elsewhere") / "postgres", durable=False)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="module")
def server(postgres, authority_of_the_server):
    """The same on TCP, with encryption only."""
    front = Front(f"{postgres.socket_folder()}/.s.PGSQL.5432", authority_of_the_server.serve(ADDRESS))
    yield front
    front.stop()


@pytest.fixture
def way(broker, server, authority_of_the_server):
    """A relay to the server; gives the folder that libpq is told to reach it by."""
    made = []

    def make(**said):
        facts = {"sslmode": "verify-full", "sslrootcert": str(authority_of_the_server.place)} | said
        relay = DatabaseRelay(Target(((ADDRESS, server.port),), **facts), broker.rules, broker.journal)
        relay.start(broker.place.parent)
        made.append(relay)
        return str(broker.place.parent)

    yield make
    for relay in made:
        relay.stop(grace=0)


@pytest.fixture
def dial(postgres):
    password = conninfo_to_dict(postgres.admin_dsn())["password"]
    return lambda folder: psycopg.connect(
        host=folder, user="postgres", password=password, dbname="postgres", connect_timeout=10
    )


def test_a_remote_database_is_used_like_one_here(broker, server, dial, way, recorded):
    url = f"postgresql://{ADDRESS}:{server.port}"
    broker.declare(url, processor="database-host", purposes=frozenset({"database"}))
    with dial(way()) as database:
        size = len(database.execute("SELECT repeat('x', 3000000)").fetchone()[0])
        database.execute("CREATE TEMPORARY TABLE kept (line text)")
        with database.cursor() as cursor, cursor.copy("COPY kept FROM STDIN") as copy:
            for _ in range(20):
                copy.write(b"a line of it\n" * 8_000)
        assert database.execute("SELECT count(*) FROM kept").fetchone() == (160_000,)
    assert server.greeted[-1] == SSL_REQUEST
    (decision,) = recorded()
    assert (decision.purpose, decision.host, decision.port) == ("database", ADDRESS, server.port)
    assert (decision.allowed, decision.reason, decision.processor) == (True, "", "database-host")
    assert size < decision.bytes_in < size + 100_000
    assert 160_000 * 13 < decision.bytes_out < 160_000 * 13 + 100_000


def test_a_database_that_the_register_does_not_list_is_told_as_such(public, dial, way, recorded):
    with dial(way()) as database:
        database.execute("SELECT 1")
    assert [(one.allowed, one.reason, one.processor) for one in recorded()] == [(True, "unlisted", "")]
    (flow,) = public.get("/trust/flows.json").json()["flows"]
    assert (flow["processor"], flow["observed"][0]["purpose"]) == (None, "database")


def test_many_at_once_and_what_the_server_says_by_itself(dial, way):
    folder = way()
    with dial(folder) as listening:
        listening.autocommit = True
        listening.execute("LISTEN news")

        def tell():
            with dial(folder) as database:
                for _ in range(30):
                    database.execute("SELECT pg_notify('news', clock_timestamp()::text)")

        threads = [threading.Thread(target=tell) for _ in range(5)]
        for thread in threads:
            thread.start()
        heard = list(listening.notifies(timeout=30, stop_after=150))
        for thread in threads:
            thread.join()
    assert len(heard) == 150


def test_a_statement_can_be_cancelled(dial, way):
    with dial(way()) as database:
        cancelling = threading.Timer(0.3, database.cancel_safe)
        cancelling.start()
        with pytest.raises(psycopg.errors.QueryCanceled):
            database.execute("SELECT pg_sleep(30)")
        cancelling.join()


@pytest.mark.parametrize("mode", ["disable", "allow"])
def test_a_server_that_wants_encryption_refuses_to_talk_in_clear(dial, way, mode):
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        dial(way(sslmode=mode))


def test_a_certificate_that_nobody_vouches_for_is_not_believed(dial, way, tmp_path, recorded):
    with pytest.raises(psycopg.OperationalError):
        dial(way(sslrootcert=str(Authority(tmp_path).place)))
    assert recorded() == []


def test_a_database_that_is_away_is_an_error_at_once(broker):
    relay = DatabaseRelay(Target((("127.0.0.1", 9),)), broker.rules, broker.journal)
    relay.start(broker.place.parent)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(host=str(broker.place.parent), user="postgres", dbname="postgres", connect_timeout=10)
    relay.stop(grace=0)


def test_ending_the_broker_ends_its_connections(broker, server, dial):
    relay = DatabaseRelay(Target(((ADDRESS, server.port),), "require"), broker.rules, broker.journal)
    relay.start(broker.place.parent)
    database = dial(str(broker.place.parent))
    relay.stop(grace=0)
    with pytest.raises(psycopg.OperationalError):
        database.execute("SELECT 1")


@pytest.mark.parametrize("size", [1, 5, 100])
def test_only_the_offer_of_binding_is_taken_out_of_a_greeting(size):
    greeting = b"N\0\0\0\x09hello" + WITH_BINDING + b"R\0\0\0\x08\0\0\0\0SCRAM-SHA-256-PLUS\0"
    watcher, out = OfferWatcher(), b""
    for place in range(0, len(greeting), size):
        part = greeting[place : place + size]
        out += part if watcher.done else watcher.feed(part)
    assert out == greeting.replace(WITH_BINDING, OFFERED)
    for other in (b"E\0\0\0\x10something......", b"R\0\0\0\x08\0\0\0\0", b"R\xff\xff\xff\xff" + b"x" * 20):
        assert OfferWatcher().feed(other) == other


def test_the_words_of_libpq_are_understood():
    assert Target.of({"host": "/run/postgresql"}) is None
    assert Target.of({}) is None
    assert Target.of({"host": "db.example"}) == Target((("db.example", 5432),))
    several = Target.of({"host": "a.example,b.example", "port": "5433", "sslmode": "require"})
    assert several == Target((("a.example", 5433), ("b.example", 5433)), "require")
    assert Target.of({"host": "a.example,b.example", "port": "1,2"}).hosts == (("a.example", 1), ("b.example", 2))
    with pytest.raises(ValueError, match="sslmode"):
        Target.of({"host": "db.example", "sslmode": "perhaps"})
    assert Target.of({"host": "db.example", "sslmode": "verify-full"}).context().check_hostname is True
    assert Target.of({"host": "db.example"}).context().verify_mode == ssl.CERT_NONE


def test_another_database_is_reached_only_where_it_is_declared(broker, server, authority_of_the_server):
    """One that a room wants to write to: through `CONNECT` like everything else."""
    with pytest.raises(Shut, match="not in the register"):
        connect(None, "mail", ADDRESS, server.port)
    broker.declare(f"postgresql://{ADDRESS}:{server.port}")
    with connect(None, "mail", ADDRESS, server.port, tls="later") as talking:
        talking.sendall(SSL_REQUEST)
        assert talking.recv(1) == b"S"
        context = ssl.create_default_context(cafile=str(authority_of_the_server.place))
        with context.wrap_socket(talking, server_hostname=ADDRESS) as secured:
            assert secured.version() == "TLSv1.3"
