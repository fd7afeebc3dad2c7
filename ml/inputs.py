"""Backtest inputs from recorded operator files, in the long format that `gridlake backtest` reads.

Belongs here: one function per archive that has outcomes and forecasts side by side. The lake's own feeds are
parsed in `extract`; these readers exist so that a backtest needs nothing but the files it is about.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from gridlake.errors import UsageError
from ml.inputs_zones import ieso_price_input, nyiso_input, spain_generation_input, spain_input

# Balancing authority -> region and its operating zone. MISO keeps EST all year.
EIA930_REGIONS: dict[str, tuple[str, str]] = {
    "CISO": ("CAISO", "America/Los_Angeles"),
    "ERCO": ("ERCOT", "America/Chicago"),
    "ISNE": ("ISONE", "America/New_York"),
    "MISO": ("MISO", "Etc/GMT+5"),
    "NYIS": ("NYISO", "America/New_York"),
    "PJM": ("PJM", "America/New_York"),
    "SWPP": ("SPP", "America/Chicago"),
}
EPF_MARKETS = ("NP", "PJM", "BE", "FR", "DE")


def eia930_input(archive: str | Path) -> pl.DataFrame:
    """EIA-930 demand of the seven ISOs as a backtest input: series_id, timestamp_utc, y, operator_forecast, tz.

    Stamps in the files are hour ENDING (UTC); `timestamp_utc` is the start. y is the raw demand (MW) where the screening
    calls it OKAY, else null: the "cleaned" column is imputed over the whole series and would leak. A forecast of 0 means
    there was none. Raises `UsageError` where the archive has no such files.
    """
    folder = Path(archive) / "eia930" / "cleaned"
    files = {ba: folder / f"{ba}.csv.gz" for ba in EIA930_REGIONS if (folder / f"{ba}.csv.gz").is_file()}
    if not files:
        raise UsageError(
            f"There are no EIA-930 files under {folder}.", "Point --archive at the directory that holds eia930/."
        )
    return pl.concat([_authority(ba, path) for ba, path in sorted(files.items())]).sort("series_id", "timestamp_utc")


def _authority(ba: str, path: Path) -> pl.DataFrame:
    region, tz = EIA930_REGIONS[ba]
    raw = pl.read_csv(path, infer_schema=False)
    demand = pl.col("raw demand (MW)").cast(pl.Float64, strict=False)
    forecast = pl.col("forecast demand (MW)").cast(pl.Float64, strict=False)
    return raw.select(
        series_id=pl.lit(region),
        timestamp_utc=pl.col("date_time").str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us") - pl.duration(hours=1),
        y=pl.when(pl.col("category") == "OKAY").then(demand),
        operator_forecast=pl.when(forecast > 0).then(forecast),
        tz=pl.lit(tz),
    )


def epf_input(archive: str | Path, markets: tuple[str, ...] = EPF_MARKETS) -> pl.DataFrame:
    """Day-ahead prices of the EPF benchmark: series_id, timestamp_utc, y, future__*, reference__*, tz.

    The files hold local hours with the clock changes removed, so that every day has 24: stamps are taken as they are and the zone is
    said to be UTC, which makes a local day the market's day. `future__exogenous_1` and `_2` are the two day-ahead forecasts
    of the file (load, generation, wind: which ones differs by market), known at issue. Where the published forecasts stand
    beside it, `reference__dnn_ensemble` and `reference__lear_ensemble` hold them: compared with, never learned from.
    Prices are in the market's own currency per MWh. Raises `UsageError` where the archive has none of `markets`.
    """
    folder = Path(archive) / "epf"
    found = [m for m in markets if (folder / f"{m}.csv").is_file()]
    if not found:
        raise UsageError(f"There are no EPF files under {folder}.", "Point --archive at the directory that holds epf/.")
    return pl.concat([_market(folder, m) for m in found], how="diagonal").sort("series_id", "timestamp_utc")


def _market(folder: Path, market: str) -> pl.DataFrame:
    raw = pl.read_csv(folder / f"{market}.csv", infer_schema=False)
    stamp, price, first, second = raw.columns[:4]  # copies of some files carry further columns; the benchmark has these
    frame = raw.select(
        series_id=pl.lit(market),
        timestamp_utc=_wall(stamp),
        y=pl.col(price).str.strip_chars().cast(pl.Float64),
        future__exogenous_1=pl.col(first).str.strip_chars().cast(pl.Float64),
        future__exogenous_2=pl.col(second).str.strip_chars().cast(pl.Float64),
        tz=pl.lit("UTC"),
    )
    published = folder / f"Forecasts_{market}_DNN_LEAR_ensembles.csv"
    if not published.is_file():
        return frame
    theirs = pl.read_csv(published, infer_schema=False)
    return frame.join(
        theirs.select(
            timestamp_utc=_wall(theirs.columns[0]),
            reference__dnn_ensemble=pl.col("DNN Ensemble").cast(pl.Float64),
            reference__lear_ensemble=pl.col("LEAR Ensemble").cast(pl.Float64),
        ),
        on="timestamp_utc",
        how="left",
    )


def _wall(column: str) -> pl.Expr:
    text = pl.col(column).str.strip_chars()
    return pl.coalesce(
        text.str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False),
        text.str.to_datetime("%Y-%m-%d %H:%M", time_unit="us", strict=False),
        text.str.to_datetime("%d/%m/%Y %H:%M", time_unit="us", strict=False),
    )


READERS: dict[str, Callable[[str | Path], pl.DataFrame]] = {
    "eia930": eia930_input,
    "epf": epf_input,
    "ieso_price": ieso_price_input,
    "nyiso": nyiso_input,
    "spain": spain_input,
    "spain_solar": partial(spain_generation_input, kind="solar"),
    "spain_wind": partial(spain_generation_input, kind="wind"),
}


def write_input(source: str, archive: str | Path, output: str | Path) -> int:
    """Write the input made of `source` (see `READERS`) to a Parquet or CSV file; returns its rows."""
    if source not in READERS:
        raise UsageError(f"There is no reader for '{source}'.", f"Use one of {', '.join(sorted(READERS))}.")
    frame = READERS[source](archive)
    target = Path(output)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".csv":
        frame.write_csv(target)
    else:
        frame.write_parquet(target)
    return frame.height


def main() -> None:
    """`python -m ml.inputs --source S --archive DIR --output FILE`: what `make backtest` runs first."""
    import argparse

    parser = argparse.ArgumentParser(description="Write a backtest input from recorded files.")
    parser.add_argument("--source", choices=sorted(READERS), default="eia930", help="which recorded files")
    parser.add_argument("--archive", required=True, help="directory that holds eia930/, epf/, ...")
    parser.add_argument("--output", required=True, help="FILE.parquet or FILE.csv")
    arguments = parser.parse_args()
    rows = write_input(arguments.source, arguments.archive, arguments.output)
    print(f"{arguments.output}: {rows} rows")


if __name__ == "__main__":
    main()
