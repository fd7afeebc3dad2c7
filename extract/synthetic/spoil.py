"""Plants defects into long frames of any dataset and lists each spoiled row: the answer key of the wide grid.

A frame has `hour` (its order in time), `entity`, `variable` and `value` (text). Hours are drawn once per dataset and kept
two hours apart, so that no defect hides another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from extract.synthetic import defects as d

UNIT, FLATLINE, SHIFTED, IDENTITY = "unit_mistake", "flatline", "shifted_hours", "identity_broken"
BAD_QUALITY, FAILED, LATE, CORRECTED = "stuck_quality", "failed_status", "late_read", "corrected_read"
RUN_HOURS = {FLATLINE: 8, SHIFTED: 24}
APART = 2


@dataclass(frozen=True)
class Plan:
    """What to plant into one dataset: how many of each kind, and what an outlier looks like.

    variable: the only variable spoiled; empty for any. whole: a missing interval lacks all variables of the entity.
    """

    counts: Mapping[str, int]
    outlier: str = d.OUTLIER_MW
    variable: str = ""
    whole: bool = True


@dataclass(frozen=True)
class Spoiled:
    """The rows with their defects, the true rows of those published wrongly at first, and the manifest's records."""

    rows: pl.DataFrame
    corrections: pl.DataFrame
    records: list[dict[str, object]]


def plantable(starts: pl.DataFrame, keep_clean: int) -> list[int]:
    """Hours at least `keep_clean` rows from both ends of `starts` (hour, local_date), on days of 24 hours."""
    inside = starts.with_columns(pl.len().over("local_date").alias("length"))
    kept = inside[keep_clean : max(keep_clean, inside.height - keep_clean)]
    return kept.filter(pl.col("length") == 24)["hour"].to_list()


def spoil(
    rows: pl.DataFrame,
    plan: Plan,
    rng: np.random.Generator,
    hours: Sequence[int],
    midnights: Sequence[int],
    about: Mapping[str, object],
    starts: Mapping[int, object],
) -> Spoiled:
    """`rows` with `plan` planted into them. hours: those that may be spoiled; midnights: those that begin a local day;
    about: feed, region_id and dataset of the records; starts: hour to the interval's start, naive UTC."""
    if not plan.counts:
        return Spoiled(rows, rows.clear(), [])
    series = rows.filter(pl.col("variable") == plan.variable) if plan.variable else rows
    values = {
        key: dict(zip(part["hour"], part["value"], strict=True))
        for key, part in series.partition_by("entity", "variable", maintain_order=True, as_dict=True).items()
    }
    keys = list(values)
    free, records = set(hours), []

    def draw(length: int, among: Sequence[int]) -> int | None:
        for _ in range(200):
            start = int(among[int(rng.integers(len(among)))])
            if all(start + i in free for i in range(length)):
                free.difference_update(range(start - APART, start + length + APART))
                return start
        return None

    for kind, count in plan.counts.items():
        for _ in range(count):
            length = RUN_HOURS.get(kind, 1)
            start = draw(length, midnights if kind == SHIFTED else hours)
            entity, variable = keys[int(rng.integers(len(keys)))]
            told = values[(entity, variable)]
            if start is None or any(start + i not in told for i in range(-1, length)):
                continue
            for i in range(1 if kind == FLATLINE else 0, length):
                true = told[start + i]
                planted = told[start] if kind == FLATLINE else _planted(kind, true, told[start + i - 1], plan.outlier)
                if planted is not None and planted == true:
                    continue  # nothing was spoiled: zero in another unit, say
                records.append(
                    {
                        "kind": kind, **about, "entity": entity,
                        "variable": "*" if kind == d.MISSING_HOUR and plan.whole else variable,
                        "hour": start + i, "hours": 1, "interval_start_utc": starts[start + i],
                        "original_value": None if kind == d.MISSING_HOUR else true, "planted_value": planted,
                    }
                )  # fmt: skip
    return _applied(rows, records)


def _planted(kind: str, true: str, before: str, outlier: str) -> str | None:
    if kind in (d.MISSING_HOUR, d.DUPLICATE):
        return None
    if kind == d.BLANK:
        return ""
    if kind == d.OUTLIER:
        return outlier
    if kind == SHIFTED:
        return before
    number = float(true)
    changed = {
        d.NEGATIVE: -0.1 * number - 1, UNIT: number * 1000, IDENTITY: number + 7.5, d.REVISION: number * 1.04,
    }[kind]  # fmt: skip
    return d.print_value(changed, 2)


def _applied(rows: pl.DataFrame, records: list[dict[str, object]]) -> Spoiled:
    if not records:
        return Spoiled(rows, rows.clear(), records)
    kinds = {
        "kind": pl.String,
        "hour": pl.Int64,
        "entity": pl.String,
        "variable": pl.String,
        "planted_value": pl.String,
    }
    listed = pl.DataFrame([{name: r[name] for name in kinds} for r in records], schema=kinds)
    on = ["hour", "entity", "variable"]
    rows = rows.with_columns(pl.col("hour").cast(pl.Int64))
    wrong = listed.filter(~pl.col("kind").is_in([d.MISSING_HOUR, d.DUPLICATE])).drop("kind")
    corrections = rows.join(listed.filter(pl.col("kind") == d.REVISION), on=on, how="semi", maintain_order="left")
    spoiled = rows.join(wrong, on=on, how="left", maintain_order="left")
    spoiled = spoiled.with_columns(pl.coalesce("planted_value", "value").alias("value")).drop("planted_value")
    gone = listed.filter(pl.col("kind") == d.MISSING_HOUR)
    spoiled = spoiled.join(gone, on=["hour", "entity"], how="anti", maintain_order="left")
    numbered = spoiled.with_row_index("place")
    doubled = numbered.join(listed.filter(pl.col("kind") == d.DUPLICATE).select(on), on=on, how="semi")
    spoiled = pl.concat([numbered, doubled]).sort("place", maintain_order=True).drop("place")
    return Spoiled(spoiled, corrections, records)
