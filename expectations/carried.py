"""Verdicts that still stand: a table of the same version, under the same rules, is not judged a second time.

Belongs here: what a suite's verdict depends on, and where the run that judged it is remembered. An archive's tables are mostly those of
the run before; judging them anew would make a run cost what the archive holds and not what is new in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from expectations.catalogue import Profile, TableRule
from gridlake import lake
from gridlake.ops import OpsStore
from gridlake.settings import Settings

STATE = "judged"  # in the operations store: suite to signature and run


class Verdicts:
    """What earlier runs found, by suite. `save` keeps what this one judged."""

    def __init__(self, settings: Settings, ops: OpsStore) -> None:
        self._settings, self._ops = settings, ops
        self._judged: dict[str, dict[str, str]] = ops.get(STATE) or {}
        self._results: dict[str, list[dict[str, Any]]] = {}
        self._new: dict[str, dict[str, str]] = {}

    def signature(self, profile: Profile, rules: Sequence[TableRule], new_payloads: str) -> str:
        """Hash of all that decides the suite's verdict: its SQL, its rules, the versions of the tables it reads and, where it asks for
        them, the newly landed payloads.
        """
        versions = {}
        for source in sorted(profile.sources):
            layer, table = source.split(".")
            versions[source] = (
                new_payloads if layer == "gate" else lake.newest_version(self._settings.layer_path(layer) / table)
            )
        body = [
            profile.sql,
            [(r.id, r.severity, r.reason, dict(r.kwargs), r.failed, r.evaluated) for r in rules],
            versions,
        ]
        return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()

    def of(self, profile: Profile, signature: str) -> list[dict[str, Any]] | None:
        """The suite's results as the operations store holds them, with the time they were found at; None where it is to be judged."""
        judged = self._judged.get(profile.suite)
        if judged is None or judged["signature"] != signature:
            return None
        run_id = judged["run_id"]
        if run_id not in self._results:
            self._results[run_id] = self._ops.gates(run_id)
        return [r for r in self._results[run_id] if r["check_name"] == profile.check_name] or None

    def keep(self, profile: Profile, signature: str, run_id: str) -> None:
        self._new[profile.suite] = {"signature": signature, "run_id": run_id}

    def save(self) -> None:
        if self._new:
            self._ops.put(STATE, {**(self._ops.get(STATE) or {}), **self._new})
