"""Backtest inputs from recorded operator files, in the long format that `gridlake backtest` reads.

Belongs here: one function per archive that has loads and an operator's forecast side by side. The lake's own feeds are
parsed in `extract`; this reader exists so that a backtest needs nothing but the file it is about.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from gridlake.errors import UsageError

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


def write_eia930_input(archive: str | Path, output: str | Path) -> int:
    """Write `eia930_input` to a Parquet or CSV file; returns its rows."""
    frame = eia930_input(archive)
    target = Path(output)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".csv":
        frame.write_csv(target)
    else:
        frame.write_parquet(target)
    return frame.height


def main() -> None:
    """`python -m ml.inputs --archive DIR --output FILE`: what `make backtest` runs first."""
    import argparse

    parser = argparse.ArgumentParser(description="Write the EIA-930 backtest input.")
    parser.add_argument("--archive", required=True, help="directory that holds eia930/cleaned/*.csv.gz")
    parser.add_argument("--output", required=True, help="FILE.parquet or FILE.csv")
    arguments = parser.parse_args()
    rows = write_eia930_input(arguments.archive, arguments.output)
    print(f"{arguments.output}: {rows} rows")


if __name__ == "__main__":
    main()
