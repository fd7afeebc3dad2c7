"""`gridlake bench meters --rows N`: half-hourly readings through the real path, against DuckDB SQL written by hand.

Ours is `gridlake run` over a folder of delivered files: landing, Delta, dbt, gates, forecast stage and publish, in a home that has been set up by
a first run. What the same days of a single meter take in that home is start-up, measured in the same call and printed apart, as is the first run,
which makes some three hundred tables. Where the readings add less to start-up than it varies by there is no ratio. The reference reads the same files, keeps them as Parquet,
applies the same rules, keeps the latest version of each reading, and writes the same two tables of gold; both must then hold
the same rows and energy, else the benchmark fails. It keeps no bytes, hashes, ledger, lineage or gates.

The readings are made up: a tenth of the meters is read a day late, one in 500 corrected, one in 1,000 delivered twice, a few are
missing, negative or no number.
"""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from gridlake.errors import GridlakeError
from gridlake.settings import Settings
from orchestration.bench import Side, in_own_process
from orchestration.dbt import ensure_manifest

DEFAULT_ROWS = 1_000_000
PER_DAY = 48
FIRST_DAY = "2024-01-01"
FEEDS = ("own_meter", "own_meter_interval", "own_customer")
REGION = "NYISO"
ZONE_OFFSET = "-05:00"  # a utility's head-end keeps standard time all year
START_UP_VARIES = 0.1  # of itself, from run to run on a machine with nothing else to do
TOO_FEW = "which start-up decides: too few rows for a ratio"
OUTPUTS = ("rows", "meter_days", "energy_kwh", "quarantined")


def measure(settings: Settings, rows: int | None = None) -> dict[str, Any]:
    """Both sides, their ratio without start-up, and each step's share. Raises `GridlakeError` where their results differ."""
    wanted = rows or DEFAULT_ROWS
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        meters = max(int(math.sqrt(wanted) / 2), 1)
        days = max(round(wanted / meters / PER_DAY), 1)
        write_delivery(root / "one", meters=1, days=days)
        delivered = write_delivery(root / "all", meters=meters, days=days)
        ensure_manifest()  # parsing the project is no part of a run
        set_up, _ = _side("by_gridlake", archive=root / "one", home=root / "home")
        for file in (root / "one" / "meters" / "intervals").iterdir():  # the same readings again, of another status
            file.write_bytes(file.read_bytes().replace(b",A,", b",V,"))
        start_up, _ = _side("by_gridlake", archive=root / "one", home=root / "home")
        ours, steps = _side("by_gridlake", archive=root / "all", home=root / "home")
        plain, _ = _side("by_duckdb", archive=root / "all", home=root / "plain")
        _must_agree(root / "home", root / "plain")
    own = beyond_start_up(ours, start_up)
    ratio = own / plain.seconds if own else None
    told = f"at {ratio:.2f} times DuckDB by hand" if ratio else f"in {ours.seconds:.1f} s, {TOO_FEW}"
    return {
        "headline": f"{delivered:,} readings of {meters:,} meters from landing to publish {told}; "
        f"start-up {start_up.seconds:.1f} s apart; peak {ours.peak_mb:.0f} MB",
        "ratio": round(ratio, 3) if ratio else None,
        "microseconds_per_row": round(1e6 * own / delivered, 2) if own else None,
        "sides": [
            side.shown()
            for side in (ours, plain, replace(start_up, name="start-up: the same days of one meter"), replace(set_up, name="first run of an empty home"))
        ],
        "rows": [{"step": name, "seconds": seconds, "share_pct": round(100 * seconds / ours.seconds, 1)} for name, seconds in steps.items()],
    }  # fmt: skip


def beyond_start_up(side: Side, start_up: Side) -> float | None:
    """Seconds that a run took beyond start-up; None where they are fewer than start-up itself varies by."""
    own = side.seconds - start_up.seconds
    return own if own > START_UP_VARIES * start_up.seconds else None


def write_delivery(folder: Path, *, meters: int, days: int, first: int = 0) -> int:
    """One CSV a day below `folder`/meters, as the feed `own_meter_interval` documents them; returns their rows.

    `first` is the first day's distance from `FIRST_DAY`. Every value follows from meter, day and half hour alone.
    """
    import duckdb

    (folder / "meters" / "intervals").mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute(
        f"copy (select 'M' || lpad(i::varchar, 7, '0') as meter_id, '{REGION}' as region_id, '{REGION}.WEST' as zone_id, 'flat' as tariff, "
        f"42.9 as latitude, -78.9 as longitude, '2020-01-01' as installed_on, '' as removed_on from range({meters}) as t(i)) "
        f"to '{folder}/meters/meters.csv' (header)"
    )
    con.execute(
        f"copy (select 'C' || i::varchar as customer_id, 'M' || lpad(i::varchar, 7, '0') as meter_id, 'Customer ' || i::varchar as name, "
        f"'2020-01-01' as valid_from, '' as valid_to from range({meters}) as t(i)) to '{folder}/meters/customers.csv' (header)"
    )
    total = 0
    for day in range(first, first + days):
        done = con.execute(f"copy ({_readings(meters, day)}) to '{folder}/meters/intervals/{day:05d}.csv' (header)")
        total += done.fetchall()[0][0]
    return total


def _readings(meters: int, day: int) -> str:
    """What the head-end delivers on one day: today's readings of nine in ten meters, yesterday's of the tenth, corrections."""
    text = (
        "'M' || lpad(m::varchar, 7, '0') as meter_id, "
        f"strftime(timestamp '{FIRST_DAY}' + to_minutes(cast(1440 * d + 30 * h as bigint)), '%Y-%m-%dT%H:%M:%S') || '{ZONE_OFFSET}' as interval_start, "
        "30 as interval_minutes, "
        "case when k % 100003 = 7 then '' when k % 100003 = 11 then 'n/k' when k % 100003 = 13 then '-1.5' "
        "else printf('%.3f', 0.2 + 0.1 * (k % 17) / 17 + 0.3 * abs(sin(h / 7.6)) + c * 0.05) end as kwh, "
        "case when k % 211 = 0 then 'E' else 'A' end as status, "
        f"strftime(timestamp '{FIRST_DAY}' + to_minutes(cast(1440 * {day} + 1440 + 120 as bigint)), '%Y-%m-%dT%H:%M:%S') || '{ZONE_OFFSET}' as read_at"
    )
    cells = f"(m * 48 + h + 31 * {{day}} * {meters}) as k"
    on_time = f"select m, {day} as d, h, 0 as c, {cells.format(day=day)} from range({meters}) as a(m), range({PER_DAY}) as b(h) where m % 10 <> 3 or m = 3"
    late = f"select m, {day - 1} as d, h, 0 as c, {cells.format(day=day - 1)} from range({meters}) as a(m), range({PER_DAY}) as b(h) where m % 10 = 3 and m <> 3"
    parts = [on_time]
    if day > 0:
        parts.append(late)
        corrected = f"select m, d, h, 1 as c, k from ({on_time.replace(f'{day} as d', f'{day - 1} as d').replace(cells.format(day=day), cells.format(day=day - 1))}) where k % 500 = 1"
        parts.append(corrected)
    parts.append(f"select m, d, h, c, k from ({on_time}) where k % 1000 = 2")  # delivered twice
    return f"select {text} from ({' union all '.join(parts)})"


def _side(function: str, **paths: Path) -> tuple[Side, dict[str, float]]:
    import json

    side = in_own_process(__name__, function, **{name: str(path) for name, path in paths.items()})
    steps = paths["home"] / "steps.json"
    return side, json.loads(steps.read_text()) if steps.exists() else {}


def by_gridlake(archive: str, home: str) -> Side:
    """`gridlake run` over the delivery, in this process."""
    import json

    from gridlake.settings import load_settings
    from orchestration.run import run

    settings = load_settings(home=home, origin="archive", archive=archive, environ={})
    report = run(settings, FEEDS)
    if int(report.exit_code):
        raise GridlakeError(f"The run ended with {report.exit_code}: {report.document.get('error')}.", "Run it alone.")
    seconds = report.document["seconds"]
    Path(home, "steps.json").write_text(json.dumps({k: v for k, v in seconds.items() if k != "total"}))
    rows = sum(feed["rows_landed"] for feed in report.document["feeds"] if feed["feed"] == "own_meter_interval")
    size = sum(path.stat().st_size for path in Path(home).rglob("*") if path.is_file()) / 1e6
    return Side("gridlake run", seconds["total"], rows, report.document["peak_mb"], round(size, 1))


def by_duckdb(archive: str, home: str) -> Side:
    """The same files to the same gold by hand: CSV, Parquet, rules, latest version, readings and days per meter."""
    import duckdb

    Path(home).mkdir(parents=True)
    con = duckdb.connect(f"{home}/work.duckdb")
    con.execute(f"set TimeZone = 'UTC'; set preserve_insertion_order = false; set temp_directory = '{home}/spill'")
    started = time.perf_counter()
    con.execute(
        f"copy (select distinct *, filename from read_csv('{archive}/meters/intervals/*.csv', header = true, filename = true, "
        "columns = {'meter_id': 'varchar', 'interval_start': 'timestamptz', 'interval_minutes': 'integer', 'kwh': 'varchar', "
        f"'status': 'varchar', 'read_at': 'timestamptz'}})) to '{home}/bronze.parquet' (compression zstd)"
    )
    con.execute(f"""
        copy (
            with judged as (
                select meter_id, make_timestamp(epoch_us(interval_start)) as interval_start_utc, interval_minutes, kwh, status, read_at, filename,
                    try_cast(nullif(trim(kwh), '') as double) as energy_kwh,
                    upper(trim(status)) in ('E', 'EST', 'ESTIMATED', 'F', 'FAIL', 'FAILED', 'M', 'MISSING', 'SUSPECT') as is_doubtful
                from '{home}/bronze.parquet'
            ),
            latest as (
                select meter_id, interval_start_utc,
                    arg_max({{'minutes': interval_minutes, 'energy_kwh': energy_kwh, 'status': status, 'is_doubtful': is_doubtful}}, (read_at, filename)) as r
                from judged group by meter_id, interval_start_utc
            )
            select meter_id, interval_start_utc, interval_start_utc + to_minutes(r.minutes) as interval_end_utc,
                case when r.energy_kwh between 0 and 100000 then r.energy_kwh end as energy_kwh, r.status,
                r.energy_kwh is null or r.energy_kwh < 0 or r.energy_kwh > 100000 as is_quarantined, r.is_doubtful,
                strftime(interval_start_utc, '%Y-%m') as month
            from latest
        ) to '{home}/interval' (format parquet, compression zstd, partition_by (month))
    """)
    con.execute(f"""
        copy (
            select 'OWN.' || readings.meter_id as meter_id, cast(timezone('America/New_York', make_timestamptz(epoch_us(hours.hour))) as date) as local_date,
                case when count(energy_kwh) = count(*) then sum(energy_kwh) end as energy_kwh, 2 * max(energy_kwh) as peak_kw,
                count(*) as intervals, count(*) = 48 as is_complete
            from read_parquet('{home}/interval/*/*.parquet') as readings
            inner join (select distinct date_trunc('hour', interval_start_utc) as hour from read_parquet('{home}/interval/*/*.parquet')) as hours
                on date_trunc('hour', readings.interval_start_utc) = hours.hour
            group by all
        ) to '{home}/daily.parquet' (compression zstd)
    """)
    seconds = time.perf_counter() - started
    rows = con.execute(f"select count(*) from '{home}/bronze.parquet'").fetchone()
    con.close()
    size = sum(path.stat().st_size for path in Path(home).rglob("*.parquet")) / 1e6
    return Side("DuckDB by hand", seconds, rows[0] if rows else 0, 0.0, round(size, 1))


def _must_agree(home: Path, plain: Path) -> None:
    """Both sides' gold: readings, days, energy and readings without a valid value."""
    from gridlake.settings import load_settings
    from gridlake.snapshot import connect_snapshot, current_snapshot

    with connect_snapshot(current_snapshot(load_settings(home=str(home), environ={}))) as con:
        ours = con.execute(
            "select (select count(*) from gold.fct_meter_interval), (select count(*) from gold.fct_meter_daily), "
            "(select round(sum(energy_kwh), 3) from gold.fct_meter_daily), "
            "(select count(*) from gold.fct_meter_interval where energy_kwh is null)"
        ).fetchone()
    import duckdb

    theirs = duckdb.execute(
        f"select (select count(*) from read_parquet('{plain}/interval/*/*.parquet')), (select count(*) from '{plain}/daily.parquet'), "
        f"(select round(sum(energy_kwh), 3) from '{plain}/daily.parquet'), "
        f"(select count(*) from read_parquet('{plain}/interval/*/*.parquet') where is_quarantined)"
    ).fetchone()
    if ours != theirs:
        told = dict(zip(OUTPUTS, zip(ours or (), theirs or (), strict=True), strict=True))
        raise GridlakeError(f"Ours and the reference differ: {told}.", "The ratio would compare different work.")
