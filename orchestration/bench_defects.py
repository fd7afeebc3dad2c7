"""`gridlake bench defects`: how many of the synthetic grid's planted defects the pipeline found, and what it blamed wrongly.

Found means: the row carries a flag (or is quarantined); a missing interval is a hole of its day in `int_completeness__daily`;
an exact repetition was counted by landing; a revision or correction stands beside what it corrects, and is current; a
late reading is kept with the time it was read.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from gridlake import duck, lake
from gridlake.errors import UsageError
from gridlake.settings import PROJECT_ROOT, Settings

MANIFEST = "synthetic_manifest.json"

# Dataset to its silver table, the SQL of an entity there, and of the entity in `int_completeness__daily`.
TABLES: dict[str, tuple[str, str]] = {
    "load": ("int_load__sample", "zone_id"),
    "load_forecast": ("int_load_forecast__vintage", "zone_id"),
    "price": ("int_price__sample", "zone_id || ':' || market_id"),
    "generation": ("int_generation__sample", "region_id || '.' || fuel_id"),
    "generation_forecast": ("int_generation_forecast__vintage", "zone_id || ':' || fuel_id"),
    "weather": ("int_weather__sample", "station_id"),
    "weather_forecast": ("int_weather_forecast__sample", "station_id"),
    "ancillary_price": ("int_ancillary_price__sample", "zone_id || ':' || product || ':' || market_id"),
    "reserve": ("int_reserve__sample", "zone_id || ':' || product || ':' || kind"),
    "interchange": ("int_interchange__sample", "region_id || ':' || source_code || ':' || kind"),
    "frequency": ("int_frequency__sample", "region_id || ':' || source_code"),
    "scada": ("int_scada__sample", "asset_id || ':' || point"),
    "phasor": ("int_phasor__sample", "pmu_id"),
    "meter": ("int_meter__sample", "meter_id || ':' || commodity"),
}
HOLES = ("missing_hour", "missing_day")
REVISIONS = ("revision", "corrected_read")
FUELS = {"coal": "hard_coal"}  # ENTSO-E's documents tell which coal


@cache
def _zone_aliases() -> dict[str, str]:
    """Zones that go by other names, read where the warehouse says so: in the macro `zone_of`."""
    macro = (PROJECT_ROOT / "dbt_project" / "macros" / "engine.sql").read_text()
    return dict(re.findall(r"when '([^']+)' then '([^']+)'", macro))


def entity_id(record: dict[str, Any], zones: dict[tuple[str, str, str], str]) -> str:
    """The entity of a manifest's record by the name silver gives it; * stays *.

    >>> entity_id({"dataset": "price", "feed": "f", "region_id": "NYISO", "entity": "RTM:HUD VL"}, {})
    'NYISO.HUD_VL:RTM'
    >>> entity_id({"dataset": "reserve", "feed": "f", "region_id": "PJM", "entity": "TOTAL:spin_10:available"}, {})
    'PJM.TOTAL:spin_10:available'
    """
    dataset, feed, region, entity = (str(record[name]) for name in ("dataset", "feed", "region_id", "entity"))
    parts = entity.split(":")

    def zone(code: str) -> str:
        plain = f"{region}.{code.upper().replace(' ', '_')}"
        return zones.get((feed, region, code)) or _zone_aliases().get(plain, plain)

    if entity == "*" or dataset in ("weather", "weather_forecast", "phasor"):
        return entity
    if dataset in ("load", "load_forecast"):
        return zone(entity)
    if dataset == "price":
        return f"{zone(parts[1])}:{parts[0]}"
    if dataset == "ancillary_price":
        return f"{zone(parts[1])}:{parts[2]}:{parts[0]}"
    if dataset == "reserve":
        return f"{zone(parts[0])}:{parts[1]}:{parts[2]}"
    if dataset == "interchange":
        return f"{region}:{entity}"
    if dataset in ("generation", "generation_forecast"):
        fuel = FUELS.get(entity, entity) if feed == "synthetic_xml" else entity
        return f"{region}.{fuel}" if dataset == "generation" else f"{region}.TOTAL:{fuel}"
    if dataset == "frequency":
        return f"{region}:TOTAL"
    if dataset == "scada":
        asset, point = entity.split(".", 1)
        return f"SYNTHETIC.{asset}:{point}"
    return f"{entity}:electricity"  # meters


def measure(settings: Settings) -> dict[str, Any]:
    """The score of the home's silver tables. Raises `UsageError` where no synthetic run has been there."""
    path = settings.home / MANIFEST
    if not path.exists() or not lake.table_exists(settings.layer_path("silver") / "int_load__sample"):
        raise UsageError(
            f"{settings.home} holds no synthetic run to score.", "Run `gridlake run --origin synthetic` first."
        )
    planted = [record for record in json.loads(path.read_text())["planted"] if record["kind"] != "dst_day"]
    con = duck.connect(reading=settings.outside)
    try:
        for layer in ("bronze", "silver"):
            duck.create_layer_views(con, settings.layer_path(layer), layer)
        found = _score(con, planted)
        clean = _clean(con)
    finally:
        con.close()
    return _document(found, clean)


def _score(con: Any, planted: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """(dataset, kind, planted, found) over all records; leaves the table `planted` behind."""
    import pyarrow as pa

    seeds = PROJECT_ROOT / "dbt_project" / "seeds"
    zones = {
        (feed, region, code): zone
        for feed, region, code, zone in con.execute(
            f"select feed, region_id, source_code, zone_id from read_csv('{seeds / 'feed_zones.csv'}', header = true)"
        ).fetchall()
    }
    for record in planted:
        record["dataset"] = record["dataset"] or "load"
    listed = pa.table(
        {
            "place": list(range(len(planted))),
            "entity_id": [entity_id(record, zones) for record in planted],
            "starts": [record["interval_start_utc"].removesuffix("Z") for record in planted],
            **{name: [str(r[name]) for r in planted] for name in ("kind", "feed", "region_id", "dataset")},
        }
    )
    con.register("listed", listed)
    con.execute(
        "create or replace temp table planted as select * exclude (starts), cast(starts as timestamp) as interval_start_utc from listed"
    )
    con.execute(f"create or replace temp table judged as {_judged()}")
    con.execute(
        f"create or replace temp table zones_of_time as select region_id, timezone from read_csv('{seeds / 'regions.csv'}', header = true)"
    )
    holes, revisions = (", ".join(f"'{kind}'" for kind in kinds) for kinds in (HOLES, REVISIONS))
    con.execute(
        """
        create or replace temp table told as
        select
            planted.place,
            coalesce(max(case when judged.validation_flags <> '' or judged.is_quarantined then 1 end), 0) as is_flagged,
            count(judged.feed) as rows_told,
            coalesce(max(case when judged.read_at_utc > judged.interval_start_utc + interval '3 days' then 1 end), 0) as is_late
        from planted
        left join judged
            on planted.feed = judged.feed and planted.dataset = judged.dataset and planted.entity_id = judged.entity_id
            and planted.interval_start_utc = judged.interval_start_utc
        group by planted.place
        """
    )
    con.execute(
        """
        create or replace temp table missed_days as
        select distinct subject, feed, region_id, entity_id, local_date from silver.int_completeness__daily
        where hole_intervals > 0
        """
    )
    return con.execute(
        f"""
        with repeated as (select feed, sum(rows_duplicate) as counted from bronze.payload group by feed),
        wanted as (
            select planted.*, row_number() over (partition by feed, kind order by place) as nth,
                cast(timezone(zones_of_time.timezone, cast(interval_start_utc as timestamptz)) as date) as local_date
            from planted inner join zones_of_time using (region_id)
        ),
        scored as (
            select wanted.dataset, wanted.kind,
                case
                    when wanted.kind in ({holes}) then exists (
                        select 1 from missed_days as m
                        where m.feed = wanted.feed and m.subject = wanted.dataset and m.region_id = wanted.region_id
                            and (wanted.entity_id = '*' or m.entity_id = wanted.entity_id) and m.local_date = wanted.local_date
                    ) or (told.rows_told > 0 and told.is_flagged = 1)
                    when wanted.kind = 'duplicate' then wanted.nth <= coalesce(repeated.counted, 0)
                    when wanted.kind in ({revisions}) then told.rows_told >= 2
                    when wanted.kind = 'late_read' then told.is_late = 1
                    else told.is_flagged = 1
                end as is_found
            from wanted
            inner join told on wanted.place = told.place
            left join repeated on wanted.feed = repeated.feed
        )
        select dataset, kind, count(*), sum(case when is_found then 1 else 0 end) from scored
        group by dataset, kind order by dataset, kind
        """
    ).fetchall()


def _judged() -> str:
    """Every judged row of the synthetic feeds, of all datasets, under one name of its entity."""
    parts = [
        f"select '{dataset}' as dataset, feed, region_id, {entity} as entity_id, interval_start_utc, validation_flags, "
        f"is_quarantined, {'read_at_utc' if dataset == 'meter' else 'cast(null as timestamp)'} as read_at_utc "
        f"from silver.{table} where feed like 'synthetic%' or feed like 'own%'"
        for dataset, (table, entity) in TABLES.items()
    ]
    return "\nunion all\n".join(parts)


def _clean(con: Any) -> list[tuple[Any, ...]]:
    """(dataset, clean rows, of them called errors, of them warned of): rows at no planted place."""
    return con.execute(
        """
        select judged.dataset, count(*), sum(case when is_quarantined then 1 else 0 end),
            sum(case when not is_quarantined and validation_flags <> '' then 1 else 0 end)
        from judged
        where not exists (
            select 1 from planted
            where planted.feed = judged.feed and planted.dataset = judged.dataset
                and planted.interval_start_utc = judged.interval_start_utc
                and (planted.entity_id = judged.entity_id or planted.entity_id = '*')
        )
        group by judged.dataset order by judged.dataset
        """
    ).fetchall()


def _document(found: list[tuple[Any, ...]], clean: list[tuple[Any, ...]]) -> dict[str, Any]:
    rows = [
        {"dataset": dataset, "kind": kind, "planted": int(planted), "found": int(seen), "missed": int(planted - seen)}
        for dataset, kind, planted, seen in found
    ]
    total, seen = sum(r["planted"] for r in rows), sum(r["found"] for r in rows)
    sound, wrong, warned = (sum(int(row[i]) for row in clean) for i in (1, 2, 3))
    found_pct = 100 * seen / total if total else 0.0
    wrong_pct = 100 * wrong / sound if sound else 0.0
    return {
        "headline": f"{seen:,} of {total:,} planted defects found ({found_pct:.2f} %); {wrong:,} of {sound:,} clean rows called "
        f"errors ({wrong_pct:.3f} %), {warned:,} warned of",
        "planted": total,
        "found": seen,
        "found_pct": round(found_pct, 3),
        "clean_rows": sound,
        "clean_rows_called_errors": wrong,
        "clean_rows_called_errors_pct": round(wrong_pct, 4),
        "clean_rows_warned": warned,
        "rows": rows,
        "sides": [
            {"dataset": dataset, "clean_rows": int(n), "called_errors": int(bad), "warned": int(warn)}
            for dataset, n, bad, warn in clean
        ],
    }
