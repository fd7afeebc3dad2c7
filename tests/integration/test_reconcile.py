"""Gold against the operators' own files, read here a second time by other means than the feeds' parsers.

Time-weighted means are integrated on a grid of seconds instead of with window functions; clocks are turned to UTC by the
abbreviation printed beside them; nothing of `extract` is used but landing itself.
"""

from __future__ import annotations

import gzip
import io
import shutil
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pytest

from extract.catalogue import FEEDS
from extract.landing import ensure_bronze, land
from gridlake.settings import Settings, load_settings
from ml.inputs_zones import nyiso_hours
from tests.dbt.homes import build, query

PAL = ("nyiso/pal/20151101pal_csv.zip", "nyiso/pal/20170401pal_csv.zip")
ISOLF = ("nyiso/isolf/20151101isolf_csv.zip", "nyiso/isolf/20170401isolf_csv.zip")
EIA = {"NYISO.TOTAL": "eia930/cleaned/NYIS.csv.gz", "ERCOT.TOTAL": "eia930/cleaned/ERCO.csv.gz"}
SPAIN = "entsoe/spain/energy_dataset.csv.gz"
DAM = "nyiso/lbmp/20220718da.csv"
EGRID = "plants/egrid/egridData.csv"
ZONES = {
    "WEST": "WEST", "GENESE": "GENESE", "CENTRL": "CENTRL", "NORTH": "NORTH", "MHK VL": "MHK_VL", "CAPITL": "CAPITL",
    "HUD VL": "HUD_VL", "MILLWD": "MILLWD", "DUNWOD": "DUNWOD", "N.Y.C.": "NYC", "LONGIL": "LONGIL",
}  # fmt: skip
EASTERN = ZoneInfo("America/New_York")
HOLE = ("2017-04-01", "2017-04-24")  # the month's archive begins on the 25th
RELATIVE = 1e-6


@pytest.fixture(scope="module")
def home(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home built from copies of a few recorded files."""
    root = tmp_path_factory.mktemp("reconcile")
    for name in (*PAL, *ISOLF, *EIA.values(), SPAIN, DAM, EGRID):
        (root / "archive" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(archive / name, root / "archive" / name)
    settings = load_settings(home=root / "home", origin="archive", archive=root / "archive", environ={})
    ensure_bronze(settings, list(FEEDS))
    for feed in FEEDS:
        landing = land(feed, settings)
        assert landing.state in ("landed", "absent"), landing.message
    build(settings)
    return settings


# --- the files, read another way ----------------------------------------------------------------------------------


def pal_samples(path: Path) -> pd.DataFrame:
    """Samples of one month of zonal load: zone, epoch second (UTC), MW."""
    with zipfile.ZipFile(path) as month:
        frame = pd.concat([pd.read_csv(io.BytesIO(month.read(name))) for name in sorted(month.namelist())])
    offset = frame["Time Zone"].map({"EST": 5, "EDT": 4})
    instant = pd.to_datetime(frame["Time Stamp"], format="%m/%d/%Y %H:%M:%S") + pd.to_timedelta(offset, unit="h")
    seconds = (instant - pd.Timestamp(0)) // pd.Timedelta(seconds=1)
    samples = pd.DataFrame({"zone_id": "NYISO." + frame["Name"].map(ZONES), "second": seconds, "mw": frame["Load"]})
    return samples.dropna().drop_duplicates(["zone_id", "second"], keep="last").sort_values(["zone_id", "second"])


def hourly_means(samples: pd.DataFrame) -> pl.DataFrame:
    """Mean by zone and UTC hour of the load as a step function, taken every second from the hour's first sample on."""
    parts = []
    for zone_id, mine in samples.groupby("zone_id"):
        stamps, values = mine["second"].to_numpy(), mine["mw"].to_numpy()
        first = stamps[0] // 3600 * 3600
        grid = np.arange(first, stamps[-1] // 3600 * 3600 + 3600)
        last = np.searchsorted(stamps, grid, side="right") - 1
        known = (last >= 0) & (stamps[np.maximum(last, 0)] // 3600 == grid // 3600)
        hour = (grid[known] - first) // 3600
        total, count = np.bincount(hour, values[last[known]]), np.bincount(hour)
        there = np.flatnonzero(count)
        parts.append(
            pl.DataFrame(
                {"zone_id": zone_id, "epoch": first + there * 3600, "expected_mw": total[there] / count[there]}
            )
        )
    return pl.concat(parts).with_columns(
        pl.from_epoch("epoch", "s").cast(pl.Datetime("us")).alias("interval_start_utc")
    )


def eia_demand(path: Path) -> pl.DataFrame:
    """Demand as reported by the hour's start (UTC): the file's stamp ends the hour."""
    frame = pd.read_csv(path, parse_dates=["date_time"])
    start = frame["date_time"] - pd.Timedelta(hours=1)
    raw = pd.to_numeric(frame["raw demand (MW)"], errors="coerce")
    return pl.DataFrame({"interval_start_utc": start.to_numpy(), "expected_mw": raw.to_numpy()}).with_columns(
        pl.col("interval_start_utc").cast(pl.Datetime("us")), pl.col("expected_mw").fill_nan(None)
    )


def spain_energy(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path)
    frame["stamp_utc"] = pd.to_datetime(frame["time"], utc=True).dt.tz_localize(None)
    return frame


def lag_correlation(values: np.ndarray, lag: int) -> float:
    pairs = np.column_stack([values[:-lag], values[lag:]])
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    return float(np.corrcoef(pairs.T)[0, 1])


def worst_difference(pairs: pl.DataFrame, found: str = "load_reported_mw") -> float:
    relative = (pl.col(found) - pl.col("expected_mw")).abs() / pl.col("expected_mw").abs().clip(lower_bound=1.0)
    return float(pairs.select(relative.max()).item())


# --- load ---------------------------------------------------------------------------------------------------------


def test_zonal_hours_are_the_files_time_weighted_means(home: Settings) -> None:
    assert home.archive
    expected = pl.concat([hourly_means(pal_samples(home.archive / name)) for name in PAL])
    gold = query(
        home,
        """select gold.zone_id, gold.interval_start_utc, gold.load_reported_mw
        from gold.fct_load_hourly as gold
        join silver.int_load__reported_hourly as hours using (zone_id, interval_start_utc)
        where gold.source_system = 'NYISO' and hours.feed = 'nyiso_pal' and hours.samples_quarantined = 0
            and gold.load_reported_mw is not null and gold.zone_id <> 'NYISO.TOTAL'""",
    )
    both = gold.with_columns(naive("interval_start_utc")).join(expected, on=["zone_id", "interval_start_utc"])
    assert both.height == gold.height, "gold reports an hour the files do not hold"
    assert both.height >= 0.98 * expected.height, "few hours may be quarantined or half covered"
    assert both.height > 11 * (29 + 6) * 24
    assert worst_difference(both) < RELATIVE


def test_backtests_read_the_zones_hours_as_the_warehouse_does(home: Settings) -> None:
    """One rule makes both: the operator's files read for a backtest, and the same files landed, judged and built."""
    assert home.archive
    daily = []
    for name in PAL:
        with zipfile.ZipFile(home.archive / name) as month:
            daily += [month.read(member) for member in sorted(month.namelist())]
    read = nyiso_hours(daily).with_columns(
        zone_id="NYISO." + pl.col("series_id").str.strip_prefix("NYISO.").replace_strict(ZONES)
    )
    built = query(
        home,
        """select zone_id, interval_start_utc as timestamp_utc, load_reported_mw from silver.int_load__reported_hourly
        where feed = 'nyiso_pal' and samples_quarantined = 0 and zone_id <> 'NYISO.TOTAL' and samples > 0""",
    ).with_columns(naive("timestamp_utc"))
    both = read.join(built, on=["zone_id", "timestamp_utc"])
    assert both.height > 11 * (29 + 6) * 24
    assert both["y"].is_null().equals(both["load_reported_mw"].is_null())
    assert worst_difference(both.drop_nulls().rename({"y": "expected_mw"})) < 1e-12


def naive(column: str) -> pl.Expr:
    """Gold's Delta files hold UTC with its zone; the comparison is on naive UTC."""
    return pl.col(column).dt.convert_time_zone("UTC").dt.replace_time_zone(None).cast(pl.Datetime("us")).alias(column)


@pytest.mark.parametrize("zone_id", EIA)
def test_authority_hours_are_the_files_values(home: Settings, zone_id: str) -> None:
    assert home.archive
    expected = eia_demand(home.archive / EIA[zone_id])
    silver = query(
        home,
        f"""select interval_start_utc, load_reported_mw, samples_quarantined from silver.int_load__reported_hourly
        where feed = 'eia930_cleaned' and zone_id = '{zone_id}'""",
    ).with_columns(naive("interval_start_utc"))
    both = silver.join(expected, on="interval_start_utc")
    assert both.height == silver.height == expected.height
    reported = both.filter(pl.col("load_reported_mw").is_not_null())
    assert worst_difference(reported) < RELATIVE
    withheld = both.filter(pl.col("load_reported_mw").is_null() & pl.col("expected_mw").is_not_null())
    assert withheld.filter(pl.col("samples_quarantined") == 0).is_empty(), "a sound value was dropped"
    assert withheld.height < 0.01 * both.height

    gold = query(
        home,
        f"""select interval_start_utc, load_reported_mw, load_mw, is_imputed from gold.fct_load_hourly
        where zone_id = '{zone_id}' and source_system = 'EIA930' and load_reported_mw is not null""",
    ).with_columns(naive("interval_start_utc"))
    pairs = gold.join(expected, on="interval_start_utc")
    months_of_another_source = 61 * 24 if zone_id == "NYISO.TOTAL" else 0
    assert pairs.height == gold.height >= reported.height - months_of_another_source > 33_000
    assert worst_difference(pairs) < RELATIVE
    assert worst_difference(pairs, "load_mw") < RELATIVE
    assert not gold["is_imputed"].any()


def test_bronze_holds_every_row_of_the_authorities_files(home: Settings) -> None:
    assert home.archive
    bronze = query(
        home, "select region_id, raw_demand, row_number from bronze.eia930__demand order by region_id, row_number"
    )
    for zone_id, name in EIA.items():
        text = gzip.decompress((home.archive / name).read_bytes()).decode().splitlines()[1:]
        mine = bronze.filter(pl.col("region_id") == zone_id.split(".")[0])
        assert mine["raw_demand"].to_list() == [line.split(",")[1] for line in text]


def test_zones_are_eleven_and_their_total(home: Settings) -> None:
    wide = query(
        home,
        """select interval_start_utc, count(*) filter (zone_id <> 'NYISO.TOTAL') as zones,
            sum(load_reported_mw) filter (zone_id <> 'NYISO.TOTAL') as zones_mw,
            max(load_reported_mw) filter (zone_id = 'NYISO.TOTAL') as total_mw,
            count(load_reported_mw) filter (zone_id <> 'NYISO.TOTAL') as reported
        from gold.fct_load_hourly where source_system = 'NYISO' and region_id = 'NYISO' and coverage_pct > 0
        group by interval_start_utc""",
    )
    codes = query(home, "select distinct zone_id from gold.fct_load_hourly where region_id = 'NYISO'")["zone_id"]
    assert set(codes) == {f"NYISO.{code}" for code in (*ZONES.values(), "TOTAL")}
    complete = wide.filter(pl.col("reported") == 11)
    assert complete.height > 35 * 24 * 0.98
    assert complete.select(((pl.col("zones_mw") - pl.col("total_mw")).abs() / pl.col("zones_mw")).max()).item() < 1e-9
    assert wide.filter(pl.col("reported") < 11)["total_mw"].null_count() == wide.height - complete.height


def test_autumn_day_has_25_hours(home: Settings) -> None:
    day = query(
        home,
        """select local_hour, count(*) as hours, count(load_reported_mw) as reported from gold.fct_load_hourly
        where zone_id = 'NYISO.NYC' and local_date = date '2015-11-01' group by local_hour order by local_hour""",
    )
    assert day["local_hour"].to_list() == list(range(24))
    assert day["hours"].to_list() == [1, 2, *[1] * 22]
    assert day["reported"].sum() == 25


@pytest.mark.parametrize("zone_id", ["NYISO.NYC", "NYISO.TOTAL"])
def test_hole_is_a_hole(home: Settings, zone_id: str) -> None:
    """Not zero, not filled with EIA-930's demand of the same hours, not imputed."""
    rows = query(
        home,
        f"""select count(*) as hours, count(load_reported_mw) as reported, count(load_mw) as estimated,
            count(*) filter (source_system <> 'NYISO') as from_others, count(*) filter (is_imputed) as imputed
        from gold.fct_load_hourly where zone_id = '{zone_id}' and local_date between date '{HOLE[0]}' and date '{HOLE[1]}'""",
    ).row(0, named=True)
    assert rows == {"hours": 24 * 24, "reported": 0, "estimated": 0, "from_others": 0, "imputed": 0}
    days = query(
        home,
        f"""select local_date, expected_intervals, hole_intervals, completeness_pct from gold.fct_data_quality_daily
        where feed = 'nyiso_pal' and zone_id = '{zone_id}' and local_date between date '{HOLE[0]}' and date '{HOLE[1]}'
        order by local_date""",
    )
    assert days.height == 24
    assert days["expected_intervals"].to_list() == [24] * 24
    assert days["hole_intervals"].to_list() == [24] * 24
    assert days["completeness_pct"].to_list() == [0.0] * 24


def test_operators_forecast_is_the_vintage_known_at_ten(home: Settings) -> None:
    """Of the files written by 10:00 Eastern of the day before, the last one's value for the hour."""
    assert home.archive
    vintages = []
    for name in ISOLF:
        with zipfile.ZipFile(home.archive / name) as month:
            for member in month.infolist():
                frame = pd.read_csv(io.BytesIO(month.read(member)))
                frame["written"] = datetime(*member.date_time)
                vintages.append(frame[["Time Stamp", "N.Y.C.", "written"]])
    rows = pd.concat(vintages)
    rows["local"] = pd.to_datetime(rows["Time Stamp"], format="%m/%d/%Y %H:%M")
    deadline = rows["local"].dt.normalize() - pd.Timedelta(hours=14)
    known = rows[(rows["written"] <= deadline) & (rows["local"].dt.date != datetime(2015, 11, 1).date())]
    latest = known.sort_values("written").drop_duplicates("local", keep="last")
    expected = pl.DataFrame(
        {
            "interval_start_utc": [
                t.replace(tzinfo=EASTERN).astimezone(ZoneInfo("UTC")).replace(tzinfo=None)
                for t in latest["local"].dt.to_pydatetime()
            ],
            "expected_mw": latest["N.Y.C."].astype(float).to_numpy(),
        }
    ).with_columns(pl.col("interval_start_utc").cast(pl.Datetime("us")))
    gold = query(
        home,
        """select interval_start_utc, operator_forecast_mw from gold.fct_load_hourly
        where zone_id = 'NYISO.NYC' and operator_forecast_mw is not null and local_date <> date '2015-11-01'
            and not operator_forecast_issue_is_assumed""",
    ).with_columns(naive("interval_start_utc"))
    both = gold.join(expected, on="interval_start_utc")
    assert both.height == gold.height == expected.height
    assert both.height > 55 * 24
    assert worst_difference(both, "operator_forecast_mw") < RELATIVE


# --- Spain --------------------------------------------------------------------------------------------------------


def test_spanish_load_repeats_by_the_week_after_repair(home: Settings) -> None:
    assert home.archive
    raw = spain_energy(home.archive / SPAIN).set_index("stamp_utc")["total load actual"]
    gold = query(
        home, "select interval_start_utc, load_reported_mw from gold.fct_load_hourly where zone_id = 'ES.TOTAL'"
    ).with_columns(naive("interval_start_utc"))
    repaired = gold.to_pandas().set_index("interval_start_utc")["load_reported_mw"].sort_index()
    as_is, mended = (lag_correlation(s.asfreq("h").to_numpy(dtype=float), 168) for s in (raw, repaired))
    assert mended > 0.88
    assert mended > as_is + 0.05
    assert repaired.dropna().sum() == pytest.approx(raw.dropna().sum(), rel=2e-3), (
        "a repair moves values, it makes none"
    )


def test_every_moved_spanish_row_says_so(home: Settings) -> None:
    assert home.archive
    raw = spain_energy(home.archive / SPAIN)
    stamps = pl.DataFrame({"row_number": np.arange(1, len(raw) + 1), "stamp_utc": raw["stamp_utc"].to_numpy()})
    samples = query(
        home,
        """select row_number, interval_start_utc, repair_code from silver.int_load__sample
        where feed = 'entsoe_spain_energy'""",
    ).with_columns(naive("interval_start_utc"))
    both = samples.join(stamps.with_columns(pl.col("stamp_utc").cast(pl.Datetime("us"))), on="row_number")
    assert both.height == samples.height == len(raw)
    moved = pl.col("interval_start_utc") != pl.col("stamp_utc")
    assert both.filter(moved & (pl.col("repair_code") != "DAY_MONTH_SWAP")).is_empty()
    assert both.filter(~moved & (pl.col("repair_code") != "")).is_empty()
    local = both.select(
        pl.col("stamp_utc").dt.replace_time_zone("UTC").dt.convert_time_zone("Europe/Madrid")
    ).to_series()
    should_move = ((local.dt.day() <= 12) & (local.dt.day() != local.dt.month())).sum()
    assert both.filter(moved).height == should_move == 4 * 132 * 24
    assert samples.select(pl.struct("interval_start_utc").n_unique()).item() == samples.height, "two rows on one hour"


# --- prices and plants --------------------------------------------------------------------------------------------


def test_energy_price_is_one_for_all_zones(home: Settings) -> None:
    """Congestion is printed with the opposite sign: only turned round do all zones have one energy price an hour."""
    assert home.archive
    raw = pd.read_csv(home.archive / DAM)
    gold = query(
        home,
        """select interval_start_utc, zone_id, price_per_mwh, energy_per_mwh, congestion_per_mwh, loss_per_mwh
        from gold.fct_price_hourly where market_id = 'DAM' and region_id = 'NYISO'""",
    )
    assert gold.height == len(raw) > 0
    assert gold["price_per_mwh"].sum() == pytest.approx(raw["LBMP ($/MWHr)"].sum(), rel=1e-9)
    assert gold["congestion_per_mwh"].sum() == pytest.approx(-raw["Marginal Cost Congestion ($/MWHr)"].sum(), rel=1e-9)
    spread = gold.group_by("interval_start_utc").agg(
        (pl.col("energy_per_mwh").max() - pl.col("energy_per_mwh").min()).alias("spread")
    )
    assert spread.height == 24
    assert spread["spread"].max() <= 0.031  # type: ignore[operator]
    assert gold["congestion_per_mwh"].abs().max() > 1  # type: ignore[operator]


def test_net_generation_is_the_sheets(home: Settings) -> None:
    assert home.archive
    sheet = pd.read_csv(home.archive / EGRID, skiprows=[0], dtype=str, keep_default_na=False)
    text = sheet["GENNTAN"].str.strip()
    sign = np.where(text.str.startswith("("), -1.0, 1.0)
    expected = pd.to_numeric(text.str.replace(r"[(),]", "", regex=True), errors="coerce") * sign
    gold = query(home, "select generator_id, net_generation_mwh from gold.dim_generator").to_pandas()
    found = gold.set_index("generator_id")["net_generation_mwh"]
    wanted = expected.set_axis("EPA." + sheet["SEQGEN23"])
    both = pd.concat([found, wanted], axis=1, keys=["found", "wanted"], join="inner")
    assert len(both) == len(found) >= 0.999 * len(sheet)
    assert (both["found"].fillna(0) == both["wanted"].fillna(0)).all()
    assert (both["found"] < 0).sum() > 100


def test_nothing_is_lost_between_landing_and_bronze(home: Settings) -> None:
    ledger = query(
        home,
        "select feed, sum(rows_read) as rows_read, sum(rows_landed + rows_duplicate + rows_refused) as accounted "
        "from bronze.payload group by feed",
    )
    assert ledger["feed"].n_unique() == 6
    assert ledger.filter(pl.col("rows_read") != pl.col("accounted")).is_empty()


def test_days_are_whole(home: Settings) -> None:
    """Every local day of the covered months has as many hours as the clock gives it."""
    days = query(
        home,
        """select local_date, count(*) as hours from gold.fct_load_hourly
        where zone_id = 'NYISO.WEST' and source_system = 'NYISO' and local_date between date '2015-11-01' and date '2015-11-30'
        group by local_date order by local_date""",
    )
    expected = []
    for day in range(30):
        start = datetime(2015, 11, 1) + timedelta(days=day)
        edges = [t.replace(tzinfo=EASTERN).timestamp() for t in (start, start + timedelta(days=1))]
        expected.append(int(edges[1] - edges[0]) // 3600)
    assert days["hours"].to_list() == expected
