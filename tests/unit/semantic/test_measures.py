"""The measures of the oldest views, region by region, against SQL written by hand; `golden.yml` asks the others."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from semantic.engine import Engine

SYSTEM_LOAD = "fct_load_hourly f where split_part(f.zone_id, '.', 2) = 'TOTAL'"
ZONE_LOAD = "fct_load_hourly f where split_part(f.zone_id, '.', 2) <> 'TOTAL'"
LOAD = {
    "count": "count(*)",
    "total_load_mwh": "sum(load_mw)",
    "count_hours": "count(distinct interval_start_utc) filter (where load_mw is not null)",
    "average_load_mw": "sum(load_mw) / count(distinct interval_start_utc) filter (where load_mw is not null)",
    "peak_load_mw": "max(load_mw)",
    "minimum_load_mw": "min(load_mw)",
    "p10_load_mw": "quantile_cont(load_mw, 0.1)",
    "p90_load_mw": "quantile_cont(load_mw, 0.9)",
    "total_operator_forecast_mwh": "sum(operator_forecast_mw)",
    "count_imputed": "count(*) filter (where is_imputed)",
    "count_missing": "count(*) filter (where load_mw is null)",
    "average_data_quality_score": "sum(data_quality_score) / count(data_quality_score)",
    "first_interval_start_utc": "min(interval_start_utc) filter (where load_mw is not null)",
    "latest_interval_start_utc": "max(interval_start_utc) filter (where load_mw is not null)",
}
PRICES = "fct_price_hourly f where market_id = 'DAM'"  # prices of two markets are not averaged
GENERATION = "fct_generation_hourly f where true"
RENEWABLE = "fuel_id in ('hydro', 'wind_onshore', 'solar')"
LOW_CARBON = "fuel_id in ('hydro', 'wind_onshore', 'solar', 'nuclear')"
NEWEST = (
    "(select * from fct_forecast a where target = 'load' and not exists (select 1 from fct_forecast b where b.target = 'load' "
    "and b.zone_id = a.zone_id and b.interval_start_utc = a.interval_start_utc and b.forecast_kind = a.forecast_kind "
    "and b.issued_at_utc > a.issued_at_utc)) f where true"
)
ACCURACY = (
    "(select *, mae as mae_mw, pinball as pinball_mw, width_80 as width_80_mw, width_95 as width_95_mw, operator_mae as operator_mae_mw, "
    "naive_mae as naive_mae_mw from fct_forecast_accuracy_daily where target = 'load') f where true"
)
QUALITY = "fct_data_quality_daily f where true"


def weighted(column: str) -> str:
    return f"(sum({column} * rows_scored) filter (where {column} is not null)) / (sum(rows_scored) filter (where {column} is not null))"


EXPECTED: dict[str, tuple[str, dict[str, str]]] = {
    "load": (SYSTEM_LOAD, LOAD),
    "zone_load": (ZONE_LOAD, LOAD),
    "prices": (
        PRICES,
        {
            "count": "count(*)",
            "count_prices": "count(price_per_mwh)",
            "count_currencies": "count(distinct currency)",
            "count_markets": "count(distinct market_id)",
            "average_price_per_mwh": "avg(price_per_mwh)",
            "peak_price_per_mwh": "max(price_per_mwh)",
            "minimum_price_per_mwh": "min(price_per_mwh)",
            "average_energy_per_mwh": "avg(energy_per_mwh)",
            "average_congestion_per_mwh": "avg(congestion_per_mwh)",
            "average_loss_per_mwh": "avg(loss_per_mwh)",
            "load_weighted_price_per_mwh": (
                "(select sum(p.price_per_mwh * l.load_mw) / sum(l.load_mw) from fct_price_hourly p join fct_load_hourly l "
                "on l.zone_id = p.zone_id and l.interval_start_utc = p.interval_start_utc where l.load_mw is not null "
                "and p.market_id = 'DAM' and p.price_per_mwh is not null and p.region_id = any_value(f.region_id))"
            ),
            "latest_interval_start_utc": "max(interval_start_utc) filter (where price_per_mwh is not null)",
        },
    ),
    "generation": (
        GENERATION,
        {
            "count": "count(*)",
            "total_generation_mwh": "sum(generation_mw)",
            "total_renewable_mwh": f"sum(generation_mw) filter (where {RENEWABLE})",
            "total_low_carbon_mwh": f"sum(generation_mw) filter (where {LOW_CARBON})",
            "renewable_share_pct": f"100 * sum(generation_mw) filter (where {RENEWABLE}) / sum(generation_mw)",
            "low_carbon_share_pct": f"100 * sum(generation_mw) filter (where {LOW_CARBON}) / sum(generation_mw)",
            "peak_generation_mw": "max(generation_mw)",
            "total_operator_forecast_mwh": "sum(operator_forecast_mw)",
            "latest_interval_start_utc": "max(interval_start_utc) filter (where generation_mw is not null)",
        },
    ),
    "carbon": (
        "mart_carbon f where true",
        {
            "count": "count(*)",
            "total_emissions_kg": "sum(emissions_kg)",
            "total_generation_mwh": "sum(generation_mwh)",
            "average_carbon_intensity_kg_per_mwh": "sum(emissions_kg) / sum(generation_mwh) filter (where emissions_kg is not null)",
            "peak_carbon_intensity_kg_per_mwh": "max(emissions_kg / generation_mwh)",
            "latest_interval_start_utc": "max(interval_start_utc) filter (where emissions_kg is not null)",
        },
    ),
    "forecast": (
        NEWEST,
        {
            "count": "count(*)",
            "average_forecast_mw": "avg(q0500)",
            "average_lower_80_mw": "avg(q0100)",
            "average_upper_80_mw": "avg(q0900)",
            "average_lower_95_mw": "avg(q0025)",
            "average_upper_95_mw": "avg(q0975)",
            "average_lead_time_hours": "avg(lead_time_hours)",
            "latest_issued_at_utc": "max(issued_at_utc)",
        },
    ),
    "forecast_quality": (
        ACCURACY,
        {
            "count": "count(*)",
            "total_rows_scored": "sum(rows_scored)",
            **{
                c: weighted(c)
                for c in (
                    "mae_mw", "mape_pct", "operator_mae_mw", "operator_mape_pct", "naive_mape_pct", "naive_mae_mw",
                    "coverage_80_pct", "coverage_95_pct", "pinball_mw", "width_80_mw", "width_95_mw",
                )
            },
            "mape_to_operator_ratio": (
                "(sum(mape_pct * rows_scored) filter (where operator_mape_pct is not null)) "
                "/ (sum(operator_mape_pct * rows_scored) filter (where mape_pct is not null))"
            ),
        },
    ),
    "data_quality": (
        QUALITY,
        {
            "count": "count(*)",
            "total_expected_intervals": "sum(expected_intervals)",
            "total_received_intervals": "sum(received_intervals)",
            "total_hole_intervals": "sum(hole_intervals)",
            "completeness_pct": "100 - 100 * sum(hole_intervals) / sum(expected_intervals)",
            "total_rows": "sum(rows_total)",
            "total_rows_quarantined": "sum(rows_quarantined)",
            "total_rows_flagged": "sum(rows_flagged)",
            "quarantined_share_pct": "100 * sum(rows_quarantined) / sum(rows_total)",
            "average_data_quality_score": "sum(data_quality_score * rows_total) / sum(rows_total)",
        },
    ),
}  # fmt: skip
GATES = {
    "count": "count(*)",
    "count_failed": "count(*) filter (where passed = false)",
    "total_failed_rows": "sum(failed_rows)",
}


@pytest.mark.parametrize("view", sorted(EXPECTED))
def test_measures_equal_sql(view: str, engine: Engine, gold: Any) -> None:
    source, expected = EXPECTED[view]
    names = list(expected)
    sql = f"select region_id, {', '.join(expected.values())} from {source} group by region_id order by region_id"
    by_hand = {row[0]: row[1:] for row in gold.execute(sql).fetchall()}
    query: dict[str, Any] = {"measures": [f"{view}.{n}" for n in names], "dimensions": [f"{view}.region_id"]}
    if view == "prices":
        query["filters"] = [{"member": "prices.market_id", "operator": "equals", "values": ["DAM"]}]
    answer = engine.query(query).rows()
    assert {r[f"{view}.region_id"] for r in answer} == set(by_hand) == {"CAISO", "ERCOT", "NYISO"}
    for row in answer:
        for name, wanted in zip(names, by_hand[row[f"{view}.region_id"]], strict=True):
            got = row[f"{view}.{name}"]
            assert wanted is not None, f"{name}: the sample does not exercise it"
            assert got == (
                wanted if isinstance(wanted, date | datetime) else pytest.approx(float(wanted), rel=1e-12)
            ), name


def test_gates_equal_sql(engine: Engine, gold: Any) -> None:
    (row,) = engine.query({"measures": [f"gates.{n}" for n in GATES]}).rows()
    assert tuple(row.values()) == gold.execute(f"select {', '.join(GATES.values())} from fct_gate_result").fetchone()
    assert row["gates.count_failed"] == 1


def test_joins_do_not_multiply_rows(engine: Engine, gold: Any) -> None:
    """Totals stay the same whatever is joined to group them."""
    plain = gold.execute("select sum(generation_mw) from fct_generation_hourly").fetchone()[0]
    for by in (
        ["generation.region_name"],
        ["generation.fuel_group", "generation.timezone"],
        ["generation.is_renewable"],
    ):
        rows = engine.query({"measures": ["generation.total_generation_mwh"], "dimensions": by}).rows()
        assert sum(r["generation.total_generation_mwh"] for r in rows) == pytest.approx(plain, rel=1e-12)


def test_systems_and_zones_are_never_summed_together(engine: Engine, gold: Any) -> None:
    total = engine.query({"measures": ["load.total_load_mwh"]}).rows()[0]["load.total_load_mwh"]
    zones = engine.query({"measures": ["zone_load.total_load_mwh"]}).rows()[0]["zone_load.total_load_mwh"]
    assert total == pytest.approx(zones, rel=1e-9)  # in the sample the zones add up to their system
    assert gold.execute("select sum(load_mw) from fct_load_hourly").fetchone()[0] == pytest.approx(total + zones)
