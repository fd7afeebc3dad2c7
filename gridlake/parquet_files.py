"""Parquet files of Delta tables: what their footers say, and how a commit names them.

Belongs here: one file at a time. Commits are `gridlake.lake`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from gridlake.store import Place, StorePath


def relative(path: Place, root: Place) -> str:
    """A file's name as its table's log tells it."""
    if isinstance(path, StorePath):
        assert isinstance(root, StorePath)
        return str(path.relative_to(root))
    assert isinstance(root, Path)
    return str(path.relative_to(root))


@dataclass(frozen=True)
class WrittenFile:
    """One Parquet file and what its footer says."""

    path: Place
    rows: int
    size: int
    partition: dict[str, str]
    null_counts: dict[str, int]
    minimum: dict[str, Any]
    maximum: dict[str, Any]


def written_files(root: Path, token: str, *, folder: Sequence[str] | None = None) -> list[WrittenFile]:
    """The Parquet files under `root` (only in its `folder`, where given) whose name holds `token`, with the statistics
    of their footers.

    Bounds are kept for timestamps, dates and integers only: rounding and truncation make others unsafe for skipping.
    """
    import pyarrow.parquet as pq

    found = []
    names = f"*{token}*.parquet"
    for path in sorted(root.rglob(names) if folder is None else root.joinpath(*folder).glob(names)):
        footer = pq.read_metadata(path)
        nulls: dict[str, int] = {}
        low: dict[str, Any] = {}
        high: dict[str, Any] = {}
        for group in range(footer.num_row_groups):
            for index in range(footer.num_columns):
                column = footer.row_group(group).column(index)
                stats, name = column.statistics, column.path_in_schema
                if stats is None:
                    continue
                nulls[name] = nulls.get(name, 0) + (stats.null_count or 0)
                if stats.has_min_max and isinstance(stats.min, date | int) and not isinstance(stats.min, bool):
                    low[name] = min(low.get(name, stats.min), stats.min)
                    high[name] = max(high.get(name, stats.max), stats.max)
        if footer.num_rows:
            keys = dict(part.split("=", 1) for part in path.relative_to(root).parts[:-1])
            found.append(WrittenFile(path, footer.num_rows, path.stat().st_size, keys, nulls, low, high))
    return found


def _json_bound(value: Any) -> Any:
    if isinstance(value, datetime):
        text = value.replace(tzinfo=None).isoformat(timespec="microseconds")
        return f"{text}Z" if value.tzinfo else text
    return value.isoformat() if isinstance(value, date) else value


def add_action(root: Place, file: WrittenFile) -> Any:
    from deltalake.transaction import AddAction

    stats = {
        "numRecords": file.rows,
        "minValues": {n: _json_bound(v) for n, v in file.minimum.items()},
        "maxValues": {n: _json_bound(v) for n, v in file.maximum.items()},
        "nullCount": file.null_counts,
    }
    return AddAction(
        relative(file.path, root), file.size, dict(file.partition), int(time.time() * 1000), True, json.dumps(stats)
    )  # fmt: skip


def put_files(here: Path, files: Sequence[WrittenFile], root: StorePath) -> list[WrittenFile]:
    """Files written under `here` put under a table's `root` in an object store, with the same names."""
    there = []
    for file in files:
        assert isinstance(file.path, Path)
        place = root.joinpath(*file.path.relative_to(here).parts)
        place.upload(file.path)
        there.append(replace(file, path=place))
    return there
