"""Roles, database and extensions: everything an administrator of the server does for Tillit, once and idempotently.

`tillit_owner` owns the database and its tables and migrates. `tillit_app` is what web workers and jobs sign in as: it
owns nothing, may not change the structure, and row-level security binds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tillit.site.problems import Problem
from tillit.site.runtime import APPLICATION, OWNER

Connection = psycopg.Connection[tuple[object, ...]]
OLDEST = 15  # major version of PostgreSQL
EXTENSIONS = ("pg_trgm", "unaccent", "btree_gin")
# Row-level security keeps an operator away from an index until its function is marked as telling nothing about the
# rows it sees. These only compare, and raise no error that shows a value.
LEAKPROOF = (
    "pg_catalog.texticlike(text, text)",
    "pg_catalog.textlike(text, text)",
    "public.similarity_op(text, text)",
    "public.word_similarity_op(text, text)",
    "public.word_similarity_commutator_op(text, text)",
)
RIGHTS: tuple[LiteralString, ...] = (
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "GRANT USAGE ON SCHEMA public TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {app}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT EXECUTE ON FUNCTIONS TO {app}",
)


def provision(admin_dsn: str, database: str, owner_password: str, app_password: str) -> bool:
    """Make or mend roles, database, extensions and default rights. Returns whether the database is new.

    `admin_dsn` names a user who may make roles and databases; a superuser also lets search use its indexes under
    row-level security. Raises Problem, saying what to grant, when the user may not or the server does not fit.
    """
    with _explained(admin_dsn):
        with psycopg.connect(admin_dsn, autocommit=True) as admin:
            superuser = _check_server(admin)
            for role, password in ((OWNER, owner_password), (APPLICATION, app_password)):
                _make_role(admin, role, password, superuser)
            new = _make_database(admin, database, superuser)
        with psycopg.connect(make_conninfo(admin_dsn, dbname=database), autocommit=True) as inside:
            _furnish(inside, superuser)
    return new


def drop_database(admin_dsn: str, database: str) -> None:
    """Remove the database with everything in it, ending its sessions."""
    with _explained(admin_dsn), psycopg.connect(admin_dsn, autocommit=True) as admin:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database))
        admin.execute(statement)


def _check_server(admin: Connection) -> bool:
    """Whether the administrator is a superuser, on a server that is new enough."""
    version = admin.info.server_version // 10000
    if version < OLDEST:
        raise Problem(f"The database server is PostgreSQL {version}; Tillit needs {OLDEST} or newer.")
    found = admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(found and found[0])


def _make_role(admin: Connection, role: str, password: str, superuser: bool) -> None:
    name = sql.Identifier(role)
    verifier = sql.Literal(admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode())
    if not admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).rowcount:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, verifier))
    else:
        admin.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(name, verifier))
    if superuser:
        limits = sql.SQL("ALTER ROLE {} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION")
        admin.execute(limits.format(name))
    mighty = admin.execute(
        "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = %s", [role]
    ).fetchone()
    if mighty and mighty[0]:
        raise Problem(
            f"The database role {role} may do more than it should. As a superuser of the server: "
            f"ALTER ROLE {role} NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
        )


def _make_database(admin: Connection, database: str, superuser: bool) -> bool:
    name, owner, app = sql.Identifier(database), sql.Identifier(OWNER), sql.Identifier(APPLICATION)
    row = admin.execute(
        "SELECT pg_encoding_to_char(encoding), pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s",
        [database],
    ).fetchone()
    if row is not None and row[0] != "UTF8":
        raise Problem(f"The database {database} is encoded in {row[0]}; Tillit needs UTF8.")
    if not superuser:  # who may do things in the owner's name anyway
        admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
    if row is None:
        make = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'")
        admin.execute(make.format(name, owner))
    elif row[1] != OWNER:
        admin.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(name, owner))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    admin.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, app))
    return row is None


def _furnish(inside: Connection, superuser: bool) -> None:
    """Inside the database: extensions and rights in the owner's name, the rest in the administrator's."""
    inside.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(OWNER)))
    for extension in EXTENSIONS:
        inside.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {} SCHEMA public").format(sql.Identifier(extension)))
    for right in RIGHTS:
        inside.execute(sql.SQL(right).format(app=sql.Identifier(APPLICATION)))
    inside.execute("RESET ROLE")
    if superuser:
        for function in LEAKPROOF:
            inside.execute(sql.SQL("ALTER FUNCTION {} LEAKPROOF").format(sql.SQL(function)))


@contextmanager
def _explained(dsn: str) -> Iterator[None]:
    """Turn the server's errors into a sentence that says what to do."""
    asked = conninfo_to_dict(dsn)
    user = asked.get("user") or "the user"
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise Problem(
            f"{user} may not prepare the database ({error.diag.message_primary}). As a superuser of the server: "
            f"ALTER ROLE {user} CREATEROLE CREATEDB - or name an administrator in TILLIT_DATABASE_URL."
        ) from error
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile) as error:
        raise Problem(
            f"The database server lacks an extension ({error.diag.message_primary}). Install its contrib package; "
            f"Tillit uses {', '.join(EXTENSIONS)}."
        ) from error
    except psycopg.errors.DiskFull as error:
        raise Problem("The disk of the database server is full. Make room, then try again.") from error
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise Problem(f"The database server cannot be used: {reason}") from error
