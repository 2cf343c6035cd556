"""The backend that `DATABASES` names; Django wants it in a module of this name."""

from __future__ import annotations

import select
import time
from collections.abc import Sized
from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations

from tillit.foundation.postgresql import is_planned_anew

RESTED = 60.0  # seconds after which something between us and the server may have forgotten a connection
MOST_VALUES = 65_535  # of one statement: PostgreSQL's protocol counts them in 16 bits


class Cursor(base.CursorMixin, psycopg.Cursor[Any]):
    """Prepares what is asked often, but not what is to be planned for its values."""

    def execute(
        self, query: Any, params: Any = None, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Any:
        return super().execute(query, params, prepare=False if is_planned_anew() else prepare, binary=binary)


class DatabaseOperations(operations.DatabaseOperations):
    def bulk_batch_size(self, fields: Sized, objs: Sized) -> int:
        """As many rows as fit into one statement; Django, which by default writes values into it, knows no limit."""
        return min(len(objs), MOST_VALUES // max(len(fields), 1))


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        """`cursor_factory` of ours where values are bound by the server, as `OPTIONS` say."""
        wanted = super().get_connection_params()
        if wanted["cursor_factory"] is base.ServerBindingCursor:
            wanted["cursor_factory"] = Cursor
        return wanted

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._used_at = time.monotonic()
        return super().get_new_connection(conn_params)

    def is_usable(self) -> bool:
        """Whether the connection can be kept for the next request.

        A server that ends a connection says so or hangs up, which is there to be read. Only then it is asked, and
        after a long rest: a question for each request would be for nothing.
        """
        if self.connection is None or self.connection.closed:
            return False
        rested, self._used_at = time.monotonic() - self._used_at, time.monotonic()
        there = select.poll()
        there.register(self.connection.fileno(), select.POLLIN)
        is_quiet = rested < RESTED and not there.poll(0)
        return is_quiet or super().is_usable()
