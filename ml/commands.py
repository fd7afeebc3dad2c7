"""The commands `gridlake backtest`, `gridlake forecast` and `gridlake export`.

Belongs here: options, printing and exit codes. What they do stands in `ml.backtest` and in the published snapshot.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, time
from pathlib import Path
from typing import Any

import click

from gridlake.cli import command_options, print_json, print_table, say
from gridlake.errors import UsageError

LOCAL_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("backtest", context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--target",
    type=click.Choice(["load", "price", "solar", "wind"]),
    default="load",
    show_default=True,
    help="What is forecast.",
)
@click.option(
    "--input", "input_file", required=True, type=click.Path(path_type=Path), help="CSV or Parquet in the long format."
)
@click.option("--test-from", required=True, type=LOCAL_DAY, help="First local day to forecast.")
@click.option("--test-to", required=True, type=LOCAL_DAY, help="Last local day to forecast, included.")
@click.option(
    "--model",
    default="champion",
    show_default=True,
    help="champion, ensemble, lear, dnn, trees, lightgbm, xgboost, seasonal_naive or operator.",
)
@click.option(
    "--issue-time", default="10:00", show_default=True, help="Local wall clock of the issue on the day before."
)
@click.option("--tz", default=None, help="Zone of series without a tz column, an IANA name.  [default: UTC]")
@click.option(
    "--horizon",
    default=24,
    show_default=True,
    type=click.IntRange(1),
    help="24, 48, ... 144: hours from the start of the first day. Under 24: issued at every full hour for so many hours.",
)
@click.option("--y-known-until", type=click.Choice(["issue", "day-end"]), default=None,
              help="day-end where the market publishes the whole issue day.  [default: day-end for price, else issue]")  # fmt: skip
@click.option("--no-operator-input", is_flag=True, help="Keep operator_forecast a benchmark only.")
@click.option(
    "--probe", is_flag=True, help="Replace values after sampled issues by garbage and compare; a change is an error."
)
@click.option("--retrain-days", default=28, show_default=True, type=click.IntRange(1), help="Days between trainings.")
@click.option(
    "--latitude", type=float, help="Degrees north, for --target solar: adds the clear sky as a known-future column."
)
@click.option("--longitude", type=float, help="Degrees east.")
@click.option(
    "--wind-speed",
    "wind_column",
    help="For --target wind: NAME of the forecast wind speed in future__NAME; adds its power curve.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    help="Folder that remembers what is computed: a stopped run goes on there.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Write the scored rows to FILE.csv or FILE.parquet.")
@click.option("--report", type=click.Path(path_type=Path), help="Write a page with plots to FILE.html.")
@command_options
def backtest(
    target: str,
    input_file: Path,
    test_from: datetime,
    test_to: datetime,
    model: str,
    issue_time: str,
    tz: str | None,
    horizon: int,
    y_known_until: str | None,
    no_operator_input: bool,
    probe: bool,
    retrain_days: int,
    latitude: float | None,
    longitude: float | None,
    wind_column: str | None,
    resume: Path | None,
    output: Path | None,
    report: Path | None,
    as_json: bool,
) -> int | None:
    """Backtest a day-ahead model on any long table, honestly.

    Input columns: series_id, timestamp_utc (start of interval), y; future__NAME (known at issue for the target interval;
    future__NAME__3h three hours before it, for --horizon under 24), past__NAME (known up to the issue), operator_forecast (benchmark and input), tz. Any other column is an error.

    \b
    Examples:
      gridlake backtest --input load.parquet --test-from 2018-07-01 --test-to 2019-06-29
      gridlake backtest --input load.csv --tz Europe/Madrid --test-from 2018-01-01 --test-to 2018-01-31 --probe --json
      gridlake backtest --input load.parquet --test-from 2019-05-01 --test-to 2019-05-31 --model xgboost --output rows.parquet
      gridlake backtest --target price --horizon 4 --input realtime.csv --test-from 2020-01-01 --test-to 2020-01-31
    """
    from ml.backtest import run_backtest
    from ml.frame import read_backtest_input
    from ml.memo import Memo
    from ml.plan import Plan

    if output is not None and output.suffix.lower() not in (".csv", ".parquet"):
        raise UsageError(f"--output {output} is neither .csv nor .parquet.", "Name the file with one of these endings.")
    if model == "champion" and target == "load" and no_operator_input:
        model = "ensemble"  # without the operator's forecast the mix is far ahead: see docs/forecast-skill.md
    plan = Plan(
        model=model,
        issue_time=_wall_clock(issue_time),
        target=target,
        known_until=y_known_until or ("day-end" if target == "price" else "issue"),
        use_operator=not no_operator_input,
        days_ahead=(1,) if horizon < 24 else _days_ahead(horizon),
        hours_ahead=horizon if horizon < 24 else 0,
        retrain_days=retrain_days,
    )
    say(f"reading {input_file}")
    series = [
        _with_physics(one, latitude, longitude, wind_column, test_from)
        for one in read_backtest_input(input_file, tz=tz)
    ]
    result = run_backtest(
        series,
        plan,
        test_from=test_from.date(),
        test_to=test_to.date(),
        probe=probe,
        memo=Memo(resume),
        progress=say,
    )
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.suffix.lower() == ".csv":
            result.rows.write_csv(output, datetime_format="%Y-%m-%dT%H:%M:%SZ")
        else:
            result.rows.write_parquet(output)
        result.summary["output"] = str(output)
    if report is not None:
        from ml.report import write_report

        write_report(report, result.rows, result.summary, {s.series_id: s.tz for s in series})
        result.summary["report"] = str(report)
    if as_json:
        print_json(result.summary)
    else:
        _print_summary(result.summary)
    return None


def _with_physics(
    series: Any, latitude: float | None, longitude: float | None, wind_column: str | None, test_from: datetime
) -> Any:
    """The series with the physical columns that the options ask for."""
    import numpy as np

    from ml.physics import with_clear_sky, with_power_curve

    if (latitude is None) != (longitude is None):
        raise UsageError("--latitude and --longitude belong together.", "Give both.")
    if latitude is not None and longitude is not None:
        series = with_clear_sky(series, latitude, longitude)
    if wind_column is not None:
        if wind_column not in series.future:
            raise UsageError(f"{series.series_id} has no column future__{wind_column}.", "Name a column of the input.")
        # The curve is history for every issue, the warm-up's among them.
        series = with_power_curve(series, wind_column, np.datetime64(test_from, "us") - np.timedelta64(100, "D"))
    return series


def _wall_clock(text: str) -> time:
    match = re.fullmatch(r"(\d{1,2}):(\d{2})", text)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:
        raise UsageError(f"--issue-time {text} is not a wall clock.", "Write HH:MM, such as 10:00.")
    return time(int(match[1]), int(match[2]))


def _days_ahead(horizon: int) -> tuple[int, ...]:
    if horizon % 24 or not 24 <= horizon <= 144:
        raise UsageError(f"--horizon {horizon} is not a number of whole days.", "Use 24, 48, 72, 96, 120 or 144 hours.")
    return tuple(range(1, horizon // 24 + 1))


def _print_summary(summary: dict[str, Any]) -> None:
    columns = {
        "series": "series_id", "rows": "rows", "MAPE %": "mape_pct", "operator %": "operator_mape_pct", "naive %": "naive_mape_pct",
        "MAE": "mae", "rMAE": "rmae", "in 80 %": "coverage_80_pct", "in 95 %": "coverage_95_pct", "DM": "dm_statistic", "p": "dm_p_value",
    }  # fmt: skip
    lines = [{title: one[key] for title, key in columns.items()} for one in summary["series"]]
    whole = summary["overall"]
    lines.append({title: whole.get(key) for title, key in columns.items()} | {"series": "all"})
    print_table(
        lines, title=f"{summary['model']}: local days {summary['test_from']} .. {summary['test_to']}, issued {summary['issue_time']} the day before"
    )  # fmt: skip
    ratio = whole["mape_ratio"]
    if ratio is not None:
        click.echo(f"mean MAPE of ours over the operators': {ratio:.3f}")
        click.echo("The operators' forecasts carry no issue time; that they were known at issue is assumed.")
    if "probe" in summary:
        probe = summary["probe"]
        click.echo(
            f"probe: {probe['forecasts_compared']:,} forecasts up to {probe['issues']} issues unchanged by garbage after them"
        )
    seconds = summary["seconds"]
    click.echo(f"seconds: train {seconds['train']}, predict {seconds['predict']}, total {seconds['total']}")


@click.command("forecast", context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--target",
    type=click.Choice(["load", "price", "solar", "wind"]),
    default="load",
    show_default=True,
    help="What is forecast.",
)
@click.option("--region", required=True, help="Region, such as NYISO, or zone, such as NYISO.WEST.")
@click.option(
    "--horizon", default=24, show_default=True, type=click.IntRange(1, 144), help="Hours of the forecast to show."
)
@command_options
def forecast(target: str, region: str, horizon: int, as_json: bool) -> int | None:
    """The newest published forecast of a region with its intervals, or a new one where it is not there or too short.

    A region stands for its system, or for its zones where only these are forecast (prices).

    \b
    Examples:
      gridlake forecast --region NYISO
      gridlake forecast --target price --region NYISO --horizon 24 --json
      gridlake forecast --target wind --region NYISO --horizon 48
    """
    from gridlake.settings import load_settings
    from gridlake.snapshot import connect_snapshot, current_snapshot
    from ml.serve import forecast_of

    snapshot = current_snapshot(load_settings())
    with connect_snapshot(snapshot) as con:
        found, is_new = forecast_of(con, target, region, horizon)
    rows = [
        {k: (None if isinstance(v, float) and math.isnan(v) else v) for k, v in row.items()} for row in found.to_dicts()
    ]
    zones = list(dict.fromkeys(r["zone_id"] for r in rows))
    if as_json:
        zone = zones[0] if len(zones) == 1 else region
        print_json({"snapshot_id": snapshot.snapshot_id, "target": target, "zone_id": zone, "zones": zones, "made_now": is_new, "rows": rows})  # fmt: skip
        return None
    for zone in zones:
        mine = [r for r in rows if r["zone_id"] == zone]
        head = mine[0]
        print_table(
            [
                {"UTC": f"{r['interval_start_utc']:%Y-%m-%d %H:%M}", "median": r["q0500"], "10 %": r["q0100"], "90 %": r["q0900"], "2.5 %": r["q0025"], "97.5 %": r["q0975"]}
                for r in mine
            ],
            title=f"{zone} {target}, {head['unit']}: {head['model_id']} ({head['forecast_kind']}{', made now' if is_new else ''}), issued {head['issued_at_utc']:%Y-%m-%d %H:%M} UTC",
        )  # fmt: skip
    return None


@click.command("export", context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--target",
    type=click.Choice(["load", "price", "solar", "wind"]),
    default="load",
    show_default=True,
    help="What is forecast.",
)
@click.option("--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write to.")
@command_options
def export(target: str, output: Path, as_json: bool) -> int | None:
    """The champions of a target as ONNX, each compared with its model: from features to quantiles, served without Python.

    \b
    Examples:
      gridlake export --target load --output ./onnx
      gridlake export --target price --output ./onnx --json
    """
    from gridlake.settings import load_settings
    from ml.export import export_champions

    made = export_champions(load_settings(), target, output)
    if as_json:
        print_json({"target": target, "models": made})
    else:
        print_table(
            [
                {**one, "zones": len(one["zones"]), "largest_difference": f"{one['largest_difference']:.1e}"}
                for one in made
            ],
            title=f"{target}: champions as ONNX, equal to their models",
        )
    return None
