"""Published versions of workflows, which of them are current, and the installation's secret."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from automata._core.codec import decode, encode
from automata._core.journal import read_json, write_json
from automata.errors import Damaged, NotFound
from automata.model import Version, Workflow
from automata.sql import schedules
from automata.sql.dialect import Link, Row
from automata.sql.rows import instant

_CURRENT = "SELECT current FROM automata_workflow WHERE org = ? AND name = ?"
_CURRENT_DOCUMENT = """
    SELECT h.current, h.enabled, v.document FROM automata_workflow h JOIN automata_workflow_version v
    ON v.org = h.org AND v.name = h.name AND v.version = h.current WHERE h.org = ? AND h.name = ?"""
_INSERT = """
    INSERT INTO automata_workflow_version (org, name, version, document, published_ms, number)
    SELECT ?, ?, ?, ?, ?, coalesce(max(number), 0) + 1 FROM automata_workflow_version WHERE org = ? AND name = ?
    ON CONFLICT DO NOTHING"""
_HEAD = """
    INSERT INTO automata_workflow (org, name, current, enabled) VALUES (?, ?, ?, TRUE)
    ON CONFLICT (org, name) DO UPDATE SET current = excluded.current RETURNING enabled"""
_EXISTS = "SELECT 1 FROM automata_workflow_version WHERE org = ? AND name = ? AND version = ?"
_DOCUMENT = "SELECT version, document FROM automata_workflow_version WHERE org = ? AND name = ? AND version = ?"
_BEGINS = """
    SELECT version, document FROM automata_workflow_version
    WHERE org = ? AND name = ? AND substr(version, 1, ?) = ? LIMIT 2"""
_VERSIONS = """
    SELECT v.name, v.version, v.published_ms, h.current = v.version, h.enabled, v.org
    FROM automata_workflow_version v JOIN automata_workflow h ON h.org = v.org AND h.name = v.name
    WHERE v.org = ? AND """
_ENABLE = "UPDATE automata_workflow SET enabled = TRUE WHERE org = ? AND name = ?"
_DISABLE = "UPDATE automata_workflow SET enabled = FALSE WHERE org = ? AND name = ?"
_SECRET = "instance_key"  # noqa: S105 - its name


def publish(link: Link, workflow: Workflow, version: str, org: str) -> None:
    """Keep a version and make it current; nothing is written when it is."""
    if link.query(_CURRENT, org, workflow.name) == [(version,)]:
        return
    if not link.query(_EXISTS, org, workflow.name, version):
        document = write_json(encode(workflow))
        link.change(_INSERT, org, workflow.name, version, document, link.now, org, workflow.name)
    enabled = link.query(_HEAD, org, workflow.name, version)[0][0]
    schedules.sync(link, org, workflow, version, enabled=bool(enabled))


def find(link: Link, name: str, version: str | None, org: str) -> tuple[str, bytes] | None:
    """Version and document: the current one, the one named, or the only one that begins so."""
    if version is None:
        current = link.query(_CURRENT, org, name)
        if not current:
            return None
        version = str(current[0][0])
    rows = link.query(_DOCUMENT, org, name, version) or link.query(_BEGINS, org, name, len(version), version)
    return (rows[0][0], bytes(rows[0][1])) if len(rows) == 1 else None


def read(document: bytes, version: str) -> Workflow:
    """The workflow of a stored document.

    Raises:
        Damaged: It is not one.
    """
    workflow, problems = decode(read_json(document))
    if workflow is None:
        raise Damaged(f"The stored document of version {version!r} cannot be read: {problems[0].message}")
    return workflow


def versions(link: Link, name: str | None, org: str) -> Sequence[Version]:
    """Of one workflow, newest first, or the current one of each."""
    if name is None:
        rows = link.query(f"{_VERSIONS} v.version = h.current ORDER BY v.name", org)
    else:
        rows = link.query(f"{_VERSIONS} v.name = ? ORDER BY v.number DESC", org, name)
    return [_version(row) for row in rows]


def set_current(link: Link, name: str, version: str, org: str) -> None:
    """Make a published version current."""
    if not link.query(_EXISTS, org, name, version):
        raise NotFound(f"No version {version!r} of workflow {name!r}")
    link.change("UPDATE automata_workflow SET current = ? WHERE org = ? AND name = ?", version, org, name)
    _sync(link, name, org)


def set_enabled(link: Link, name: str, *, enabled: bool, org: str) -> None:
    """Switch the triggers of a workflow."""
    if not link.change(_ENABLE if enabled else _DISABLE, org, name):
        raise NotFound(f"No workflow {name!r}")
    _sync(link, name, org)


def _sync(link: Link, name: str, org: str) -> None:
    """Bring schedules in step with a head that changed."""
    version, enabled, document = link.query(_CURRENT_DOCUMENT, org, name)[0]
    schedules.sync(link, org, read(bytes(document), version), version, enabled=bool(enabled))


def secret(link: Link) -> bytes | None:
    """The installation's secret, when it has been made."""
    rows = link.query("SELECT value FROM automata_property WHERE name = ?", _SECRET)
    return bytes.fromhex(rows[0][0]) if rows else None


def make_secret(link: Link) -> bytes:
    """The installation's secret, made now unless it is there."""
    link.change(
        "INSERT INTO automata_property (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING",
        _SECRET,
        secrets.token_hex(32),
    )
    found = secret(link)
    if found is None:
        raise Damaged("The installation's secret does not stay in the database")
    return found


def _version(row: Row) -> Version:
    return Version(
        workflow=row[0],
        version=row[1],
        published=instant(int(row[2])),
        current=bool(row[3]),
        enabled=bool(row[4]),
        org=row[5],
    )
