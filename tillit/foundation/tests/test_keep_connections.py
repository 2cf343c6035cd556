"""A worker keeps its connection to the database from request to request, and takes a new one when it has to."""

import psycopg
from django.db import connections

from tillit.foundation.postgresql.base import RESTED

ASKED = "SELECT query FROM pg_stat_activity WHERE pid = %s"
END = "SELECT pg_terminate_backend(%s, 5000)"


def test_a_connection_is_kept_without_a_question_until_it_rested_or_the_server_ends_it(db, cluster):
    kept = connections.create_connection("default")
    try:
        with kept.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid() AS whose")
            (whose,) = cursor.fetchone()
        assert kept.is_usable()
        with psycopg.connect(cluster.admin_dsn("tillit"), autocommit=True) as admin:
            assert admin.execute(ASKED, [whose]).fetchone() == ("SELECT pg_backend_pid() AS whose",)
            kept._used_at -= RESTED
            assert kept.is_usable()
            assert admin.execute(ASKED, [whose]).fetchone() != ("SELECT pg_backend_pid() AS whose",)
            assert admin.execute(END, [whose]).fetchone() == (True,)
        assert not kept.is_usable()
        kept.close()
        assert not kept.is_usable()
    finally:
        kept.close()
