"""Who may do what in the database itself: roles, rights on our tables, settings of the database."""

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql

from carewatch.backup.tables import Connection, queries

Access = Mapping[str, list[dict[str, Any]]]


def read(connection: Connection, *, with_secrets: bool) -> Access:
    """Roles (with what the server keeps of their passwords, where we may see it), rights, settings.

    For a transaction that may hold nothing else that is not committed.
    """
    roles = [dict(row) for row in queries.roles(connection)]
    passwords = _passwords(connection, [role["name"] for role in roles]) if with_secrets else {}
    return {
        "roles": [role | {"password": passwords.get(role["name"])} for role in roles],
        "grants": [dict(row) for row in queries.grants(connection)],
        "settings": [dict(row) for row in queries.settings(connection)],
    }


def write(connection: Connection, access: Access) -> list[str]:
    """Make the roles that are missing, give the rights and settings; what could not be done."""
    known = {row["name"] for row in queries.known_roles(connection)} | {"public", ""}
    left: list[str] = []
    for name, statement in _statements(access, known, queries.database(connection)):
        try:
            with connection.transaction():
                connection.execute(statement)
        except psycopg.Error as error:
            left.append(f"{name}: {str(error).splitlines()[0]}")
    return left


def _passwords(connection: Connection, names: list[str]) -> dict[str, str]:
    try:
        with connection.transaction():
            rows = queries.passwords(connection, names=names)
            return {row["name"]: row["password"] for row in rows}
    except psycopg.errors.InsufficientPrivilege:
        return {}


def _statements(
    access: Access, known: set[str], database: str
) -> Iterator[tuple[str, sql.Composed]]:
    for role in access["roles"]:
        if role["name"] not in known:
            yield f"role {role['name']}", _role(role)
    for grant in access["grants"]:
        yield f"right of {grant['role']} on {grant['name']}", _grant(grant)
    for each in access["settings"]:
        yield f"setting {each['setting'].partition('=')[0]}", _setting(each, database)


def _role(role: Mapping[str, Any]) -> sql.Composed:
    return sql.SQL("create role {} {} {} password {}").format(
        sql.Identifier(role["name"]),
        sql.SQL("login" if role["login"] else "nologin"),
        sql.SQL("inherit" if role["inherit"] else "noinherit"),
        sql.Literal(role["password"]),
    )


def _grant(grant: Mapping[str, str]) -> sql.Composed:
    kind = sql.SQL("sequence" if grant["kind"] == "sequence" else "table")
    whom = sql.SQL("public") if grant["role"] == "public" else sql.Identifier(grant["role"])
    return sql.SQL("grant {} on {} {} to {}").format(
        sql.SQL(_word(grant["privilege"])), kind, sql.Identifier(grant["name"]), whom
    )


def _setting(said: Mapping[str, str], database: str) -> sql.Composed:
    name, _, value = said["setting"].partition("=")
    place = sql.SQL("database {}").format(sql.Identifier(database))
    if said["role"]:
        place = sql.SQL("role {} in {}").format(sql.Identifier(said["role"]), place)
    return sql.SQL("alter {} set {} = {}").format(place, sql.Identifier(name), sql.Literal(value))


def _word(privilege: str) -> Any:
    """A privilege is one word of letters; whatever else a file claims it to be is no statement."""
    return privilege if privilege.isalpha() else ""
