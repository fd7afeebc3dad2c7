"""The operations store: landings, runs and gate results, kept beside the published data.

A small SQLite file, so that a failed run is visible although nothing of it was published. Gold takes a copy when a
run is published.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gridlake.times import utc_now

BUSY_S = 30.0  # how long to wait for another process

SCHEMA = """
create table if not exists run (
    run_id text primary key, started_at_utc text not null, finished_at_utc text, origin text not null,
    state text not null, exit_code integer, fingerprint text, snapshot_id text, summary text
);
create table if not exists landing (
    run_id text not null, feed text not null, origin text not null, state text not null, message text not null default '',
    remedy text not null default '', detail text not null default '{}', recorded_at_utc text not null,
    primary key (run_id, feed)
);
create table if not exists gate_result (
    run_id text not null, check_name text not null, rule_id text not null, layer text not null, table_name text not null,
    feed text not null default '', severity text not null, passed integer not null, failed_rows integer, evaluated_rows integer,
    observed text not null default '', reason text not null default '', evaluated_at_utc text not null,
    primary key (run_id, check_name, rule_id, table_name, feed)
);
create table if not exists question (
    asked_at_utc text not null, asked_by text not null, question text not null, outcome text not null, reader text not null default '',
    view text not null default '', query text not null default '', message text not null default '', rows integer,
    snapshot_id text not null default '', seconds real
);
create table if not exists file_hash (
    path text primary key, size integer not null, modified_ns integer not null, changed_ns integer not null, inode integer not null,
    sha256 text not null
);
create table if not exists state (key text primary key, value text not null);
"""


def _prepare(con: sqlite3.Connection) -> None:
    """WAL mode and the tables. SQLite does not wait where two processes make the same new file: waited for here."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            con.execute("pragma journal_mode=wal")
            con.executescript(SCHEMA)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class OpsStore:
    """Ledgers of one GridLake home. Every call opens, writes and closes: safe for several processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        con = sqlite3.connect(self.path, timeout=BUSY_S)
        con.row_factory = sqlite3.Row
        try:
            _prepare(con)
            with con:
                yield con
        finally:
            con.close()

    def _rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        with self._connection() as con:
            return [dict(row) for row in con.execute(sql, parameters)]

    # runs
    def start_run(self, run_id: str, origin: str) -> None:
        with self._connection() as con:
            con.execute(
                "insert or replace into run (run_id, started_at_utc, origin, state) values (?, ?, ?, 'running')",
                (run_id, utc_now().isoformat(), origin),
            )

    def ensure_run(self, run_id: str, origin: str) -> None:
        """Record a run that nobody started by command: one from the UI."""
        with self._connection() as con:
            con.execute(
                "insert or ignore into run (run_id, started_at_utc, origin, state) values (?, ?, ?, 'running')",
                (run_id, utc_now().isoformat(), origin),
            )

    def finish_run(
        self,
        run_id: str,
        state: str,
        exit_code: int,
        *,
        fingerprint: str | None = None,
        snapshot_id: str | None = None,
        summary: Mapping[str, Any] | None = None,
    ) -> None:
        with self._connection() as con:
            con.execute(
                "update run set finished_at_utc=?, state=?, exit_code=?, fingerprint=?, snapshot_id=?, summary=? where run_id=?",
                (utc_now().isoformat(), state, exit_code, fingerprint, snapshot_id, json.dumps(summary or {}, default=str), run_id),
            )  # fmt: skip

    def last_run(self, *, state: str | None = None) -> dict[str, Any] | None:
        where = "where state = ?" if state else ""
        rows = self._rows(f"select * from run {where} order by rowid desc limit 1", (state,) if state else ())
        return rows[0] if rows else None

    def run(self, run_id: str) -> dict[str, Any] | None:
        rows = self._rows("select * from run where run_id = ?", (run_id,))
        return rows[0] if rows else None

    # landings
    def record_landing(
        self,
        run_id: str,
        feed: str,
        origin: str,
        state: str,
        detail: Mapping[str, Any],
        message: str = "",
        remedy: str = "",
    ) -> None:
        """`state`: landed, unchanged, stale (refused; `message` and `remedy` say why) or absent."""
        with self._connection() as con:
            con.execute(
                "insert or replace into landing values (?, ?, ?, ?, ?, ?, ?, ?)",
                (run_id, feed, origin, state, message, remedy, json.dumps(detail, default=str), utc_now().isoformat()),
            )

    def landings(self, run_id: str) -> list[dict[str, Any]]:
        rows = self._rows("select * from landing where run_id = ? order by feed", (run_id,))
        return [{**row, "detail": json.loads(row["detail"])} for row in rows]

    # gates
    def record_gates(self, run_id: str, results: Sequence[Mapping[str, Any]]) -> None:
        """Each result: check_name, rule_id, layer, table_name, feed, severity, passed, failed_rows, evaluated_rows, observed, reason; with
        `evaluated_at_utc` one that stands since then."""
        columns = ("check_name", "rule_id", "layer", "table_name", "feed", "severity", "passed", "failed_rows", "evaluated_rows", "observed", "reason")  # fmt: skip
        now = utc_now().isoformat()
        with self._connection() as con:
            con.executemany(
                f"insert or replace into gate_result (run_id, {', '.join(columns)}, evaluated_at_utc) "
                f"values (?, {', '.join('?' * len(columns))}, ?)",
                [(run_id, *(r.get(c) if r.get(c) is not None or c in ("failed_rows", "evaluated_rows") else "" for c in columns), r.get("evaluated_at_utc") or now) for r in results],
            )  # fmt: skip

    def gates(self, run_id: str) -> list[dict[str, Any]]:
        rows = self._rows(
            "select * from gate_result where run_id = ? order by layer, table_name, rule_id, feed", (run_id,)
        )
        return [{**row, "passed": bool(row["passed"])} for row in rows]

    def gate_history(self, limit_runs: int = 100) -> list[dict[str, Any]]:
        """Gate results of the latest runs, newest run first."""
        rows = self._rows(
            "select g.*, r.started_at_utc, r.origin from gate_result g join run r using (run_id) where run_id in "
            "(select run_id from run order by rowid desc limit ?) order by r.rowid desc, g.check_name, g.rule_id",
            (limit_runs,),
        )
        return [{**row, "passed": bool(row["passed"])} for row in rows]

    # questions in plain language
    def record_question(self, entry: Mapping[str, Any]) -> None:
        """`entry`: asked_by, question, outcome (answered, empty, unsure, refused, failed), and what else is known of it."""
        columns = ("asked_by", "question", "outcome", "reader", "view", "query", "message", "rows", "snapshot_id", "seconds")  # fmt: skip
        with self._connection() as con:
            con.execute(
                f"insert into question (asked_at_utc, {', '.join(columns)}) values (?, {', '.join('?' * len(columns))})",
                (utc_now().isoformat(), *(entry.get(c, None if c in ("rows", "seconds") else "") for c in columns)),
            )

    def questions(self, limit: int = 100) -> list[dict[str, Any]]:
        """The latest questions, newest first."""
        return self._rows("select * from question order by asked_at_utc desc, rowid desc limit ?", (limit,))

    # files that were hashed
    def file_hashes(self, below: str) -> dict[str, tuple[tuple[int, ...], str]]:
        """By path, for those that begin with `below`: size, modified_ns, changed_ns and inode with which the file was hashed, and its SHA-256."""
        rows = self._rows("select * from file_hash where substr(path, 1, ?) = ?", (len(below), below))
        return {r["path"]: ((r["size"], r["modified_ns"], r["changed_ns"], r["inode"]), r["sha256"]) for r in rows}

    def record_file_hashes(self, rows: Sequence[tuple[str, int, int, int, int, str]]) -> None:
        """Each row: path, size, modified_ns, changed_ns, inode, sha256."""
        with self._connection() as con:
            con.executemany("insert or replace into file_hash values (?, ?, ?, ?, ?, ?)", rows)

    # small state: watermarks and the like
    def get(self, key: str) -> Any:
        rows = self._rows("select value from state where key = ?", (key,))
        return json.loads(rows[0]["value"]) if rows else None

    def put(self, key: str, value: Any) -> None:
        with self._connection() as con:
            con.execute("insert or replace into state values (?, ?)", (key, json.dumps(value)))
