"""Gold on DuckDB beside gold on fakesnow, row for row: `python -m tests.dbt.parity` writes docs/snowflake-parity.md.

A small home is built on DuckDB. On fakesnow everything is built twice: whole, and in two steps of months on a
warehouse that had the first months alone. Every gold table of both is held against DuckDB's.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from gridlake import lake
from gridlake.settings import PROJECT_ROOT, Settings, load_settings
from tests.dbt.fakesnow_warehouse import Outcome, Warehouse, warehouse
from tests.dbt.parity_home import build_on_duckdb

REPORT = PROJECT_ROOT / "docs" / "snowflake-parity.md"
# What a whole build sees first, and the months that come after it.
FIRST_MONTHS, LATER_MONTHS = "month < '2024-02'", ["2024-02", "2024-03", "2024-12", "2025-01", "2025-02"]
ROUNDED = 6


@dataclass(frozen=True)
class Comparison:
    """One gold table on two engines."""

    table: str
    rows: int
    found_rows: int
    same_hash: bool
    difference: str

    @property
    def is_equal(self) -> bool:
        return not self.difference


def compare(table: str, expected: pl.DataFrame, found: pl.DataFrame) -> Comparison:
    """Row for row, in an order made of what is exact; doubles to nine digits, for engines add in different orders.

    >>> compare("t", pl.DataFrame({"k": [1, 2], "x": [0.1, 0.2]}), pl.DataFrame({"K": [2, 1], "X": [0.2, 0.1]})).is_equal
    True
    >>> compare("t", pl.DataFrame({"k": [1], "x": [0.1]}), pl.DataFrame({"k": [1], "x": [0.2]})).difference
    'x: 1 of 1 rows'
    """
    found = found.rename(str.lower)
    if found.columns != expected.columns:
        return Comparison(
            table, expected.height, found.height, False, f"columns {sorted({*found.columns} ^ {*expected.columns})}"
        )
    found = found.cast(dict(expected.schema))  # type: ignore[arg-type]
    expected, found = in_order(expected), in_order(found)
    same_hash = hashes(expected) == hashes(found)
    if expected.height != found.height:
        return Comparison(table, expected.height, found.height, same_hash, f"{found.height - expected.height:+d} rows")
    differing = []
    for name in expected.columns:
        try:
            assert_frame_equal(found.select(name), expected.select(name), rel_tol=1e-9, abs_tol=1e-9)
        except AssertionError:
            unequal = (found[name].ne_missing(expected[name])).sum()
            differing.append(f"{name}: {unequal} of {expected.height} rows")
    return Comparison(table, expected.height, found.height, same_hash, "; ".join(differing[:4]))


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    exact = [name for name, kind in frame.schema.items() if not kind.is_float()]
    return frame.sort([*exact, *(name for name in frame.columns if name not in exact)])


def hashes(frame: pl.DataFrame) -> int:
    """The sum of the rows' hashes, doubles rounded: one number for a table, whatever the order of its rows."""
    rounded = frame.with_columns(pl.col(pl.Float64).round(ROUNDED) + 0.0)
    return int(rounded.hash_rows(seed=1).cast(pl.Decimal(38, 0)).sum() or 0)


def table_rows(settings: Settings, layer: str, name: str) -> pl.DataFrame:
    """A table as DuckDB built it."""
    import pyarrow as pa

    frame = pl.from_arrow(pa.table(lake.open_table(settings.layer_path(layer) / name).to_pyarrow_table()))
    assert isinstance(frame, pl.DataFrame)
    return frame.drop("month", strict=False)


def gold_tables(settings: Settings) -> dict[str, pl.DataFrame]:
    """Every gold table of the home."""
    names = [path.name for path in sorted(settings.gold.iterdir()) if lake.table_exists(path)]
    return {name: table_rows(settings, "gold", name) for name in names}


def build_whole(settings: Settings, house: Warehouse) -> list[Outcome]:
    """Everything at once, with every data test."""
    house.load_bronze(settings)
    house.load_seeds(settings)
    return house.dbt(
        "build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "seed", "--full-refresh"
    )


def build_in_steps(settings: Settings, house: Warehouse) -> list[Outcome]:
    """The first months whole, then the later ones as changed months. The bronze views stand from the whole build before."""
    house.load_bronze(settings, FIRST_MONTHS)
    outcomes = house.dbt("run", "--select", "config.materialized:lake", "--full-refresh")
    house.load_bronze(settings)
    changed = "{changed_months: [" + ", ".join(f"'{month}'" for month in LATER_MONTHS) + "]}"
    return outcomes + house.dbt("run", "--select", "config.materialized:lake", "--vars", changed)


def compare_gold(settings: Settings, house: Warehouse) -> list[Comparison]:
    expected = gold_tables(settings)
    return [compare(table, frame, house.rows("gold", table)) for table, frame in expected.items()]


def report(whole: list[Comparison], steps: list[Comparison], outcomes: list[Outcome]) -> str:
    """The parity report, as Markdown."""
    by_table = {c.table: c for c in steps}
    filled = [c for c in whole if c.rows]
    equal = [c for c in filled if c.is_equal and (not steps or by_table[c.table].is_equal)]
    failed = [o for o in outcomes if not o.is_well]
    lines = [
        "# Gold on DuckDB and on Snowflake's stand-in",
        "",
        "Generated by `make parity`: the synthetic grid's first weeks and a month of its full width, a few recorded files, forecasts and gate",
        "results; every model on DuckDB and on fakesnow. [snowflake.md](snowflake.md) says what that cannot tell of Snowflake itself.",
        "",
        f"Of {len(whole)} gold tables {len(filled)} hold rows here; {len(equal)} of these are equal row for row "
        + ("both ways." if steps else "(built whole).")
        + " A table without rows shows that its SQL runs, no more.",
        f"Of {len(outcomes)} models and data tests run on fakesnow {len(outcomes) - len(failed)} passed.",
        "",
        f"Equal: same rows, doubles to nine digits. Hash: sum of the rows' hashes with doubles rounded to {ROUNDED} decimals; it may differ where a",
        "value lies on the edge of a decimal.",
        "",
        "| table | rows | whole | hash | by months | hash | what differs |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in whole:
        other = by_table.get(one.table)
        verdicts = [
            ("equal" if c.is_equal else "differs", "same" if c.same_hash else "other") if c else ("not run", "")
            for c in (one, other)
        ]
        told = [
            *([f"whole: {one.difference}"] if one.difference else []),
            *([f"months: {other.difference}"] if other and other.difference else []),
        ]
        lines.append(
            f"| {one.table} | {one.rows:,} | {' | '.join(cell for pair in verdicts for cell in pair)} | {'; '.join(told)} |"
        )
    if failed:
        lines += ["", "## What did not pass", ""] + [f"- {o.name}: {o.status}. {o.message[:300]}" for o in failed]
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a home built before [default: build one]")
    parser.add_argument("--output", type=Path, default=REPORT)
    parser.add_argument("--whole-only", action="store_true", help="leave out the build by months")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        settings = load_settings(home=chosen.home, environ={}) if chosen.home else build_on_duckdb(directory / "home")
        with warehouse(directory / "target") as house:
            outcomes = build_whole(settings, house)
            whole, steps = compare_gold(settings, house), list[Comparison]()
            chosen.output.write_text(report(whole, steps, outcomes))
            if not chosen.whole_only:
                outcomes += build_in_steps(settings, house)
                steps = compare_gold(settings, house)
    text = report(whole, steps, outcomes)
    chosen.output.write_text(text)
    print(text)
    return 0 if all(c.is_equal for c in [*whole, *steps]) and all(o.is_well for o in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
