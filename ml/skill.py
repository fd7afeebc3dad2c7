"""The skill page: every benchmark that the project stands by, run anew and written down.

Belongs here: which benchmarks there are and how their numbers become `docs/forecast-skill.md`. `make backtest` runs it; what was
computed is remembered under the home, so that a stopped run goes on.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from gridlake.cli import say
from ml.backtest import run_backtest
from ml.frame import series_of
from ml.inputs import READERS
from ml.inputs_zones import NYISO_ZONES
from ml.memo import Memo
from ml.plan import Plan
from ml.report import write_report

NYISO_SERIES = tuple(f"NYISO.{zone}" for zone in NYISO_ZONES)  # without their sum, which is no zone
PRICE = Plan(target="price", known_until="day-end")
REAL_TIME = Plan(target="price", hours_ahead=4, max_rows=120_000)
LOAD = Plan(target="load")


@dataclass(frozen=True)
class Benchmark:
    """One table of the page. `series` None means all series of the source."""

    key: str
    title: str
    source: str
    plan: Plan
    test_from: date
    test_to: date
    series: tuple[str, ...] | None = None
    unit: str = "MW"


BENCHMARKS: tuple[Benchmark, ...] = (
    Benchmark("price_fr", "Day-ahead price, France", "epf", PRICE, date(2015, 1, 4), date(2016, 12, 31), ("FR",), "EUR/MWh"),
    Benchmark("price_np", "Day-ahead price, Nord Pool", "epf", PRICE, date(2016, 12, 27), date(2018, 12, 24), ("NP",), "EUR/MWh"),
    Benchmark("price_ieso", "Real-time price, Ontario, four hours ahead", "ieso_price", REAL_TIME, date(2019, 10, 1), date(2020, 9, 30), None, "CAD/MWh"),
    Benchmark("load_us", "Day-ahead load, seven ISOs, with the operators' forecasts", "eia930", LOAD, date(2018, 7, 1), date(2019, 6, 29)),
    Benchmark("load_us_alone", "Day-ahead load, seven ISOs, without them", "eia930", replace(LOAD, use_operator=False, model="ensemble"), date(2018, 7, 1), date(2019, 6, 29)),
    Benchmark("load_nyiso", "Day-ahead load, NYISO's eleven zones", "nyiso", LOAD, date(2016, 1, 1), date(2017, 12, 31), NYISO_SERIES),
    Benchmark("load_es", "Day-ahead load, Spain", "spain", LOAD, date(2018, 1, 1), date(2018, 12, 31)),
)  # fmt: skip


def run(benchmark: Benchmark, archive: Path, home: Path) -> dict[str, Any]:
    """The summary of one benchmark; its rows and its page are left under `home`."""
    frame = READERS[benchmark.source](archive)
    if benchmark.series is not None:
        frame = frame.filter(pl.col("series_id").is_in(benchmark.series))
    frame = frame.select([c for c in frame.columns if frame[c].null_count() < frame.height])
    series = series_of(frame)
    result = run_backtest(
        series, benchmark.plan, test_from=benchmark.test_from, test_to=benchmark.test_to,
        memo=Memo(home / "memo"), progress=lambda line: say(f"{benchmark.key}: {line}"),
    )  # fmt: skip
    home.mkdir(parents=True, exist_ok=True)
    result.rows.write_parquet(home / f"{benchmark.key}.parquet")
    write_report(home / f"{benchmark.key}.html", result.rows, result.summary, {s.series_id: s.tz for s in series})
    return result.summary


def page(results: Sequence[tuple[Benchmark, dict[str, Any]]]) -> str:
    """The page as Markdown."""
    lines = [
        "# Forecast skill",
        "",
        "Written by `make backtest`; do not edit. Every number comes from `gridlake backtest`'s own code on recorded data, on the same",
        "rows for every forecast. How settings were chosen, and which of them on a test year, is in docs/forecasting.md. DM: Diebold-Mariano on daily mean absolute errors, positive",
        "where ours is better, p one-sided. Regret: the mix of experts against its best expert in hindsight, in % of that one's MAE.",
    ]
    for benchmark, summary in results:
        lines += ["", f"## {benchmark.title}", "", *_conditions(benchmark, summary), "", *_table(benchmark, summary)]
    return "\n".join(lines) + "\n"


def merged(old: str, new: str) -> str:
    """`old` with the sections of `new` in the place of its own; a section that `old` lacks comes last.

    >>> merged("# a\\n\\n## x\\n\\n1\\n\\n## y\\n\\n2\\n", "# b\\n\\n## y\\n\\n3\\n")
    '# b\\n\\n## x\\n\\n1\\n\\n## y\\n\\n3\\n'
    """
    head, *sections = new.rstrip("\n").split("\n## ")
    by_title = {s.split("\n", 1)[0]: s.rstrip("\n") for s in old.rstrip("\n").split("\n## ")[1:]}
    by_title |= {s.split("\n", 1)[0]: s.rstrip("\n") for s in sections}
    return "\n\n## ".join([head.rstrip("\n"), *by_title.values()]) + "\n"


def _conditions(benchmark: Benchmark, summary: dict[str, Any]) -> list[str]:
    seconds, whole = summary["seconds"], summary["overall"]
    text = [
        f"Local days {benchmark.test_from} to {benchmark.test_to}, model `{summary['model']}`, {whole['rows']:,} rows; "
        f"{seconds['total']:.0f} s, of which training {seconds['train']:.0f} s"
        + (f" ({summary['remembered']} results remembered from an earlier run)." if summary["remembered"] else ".")
    ]
    if benchmark.plan.use_operator and summary["operator_forecast_issue_is_assumed"]:
        text.append(
            "The operators' forecasts carry no issue time of their own: that they were known at issue is assumed."
        )
    if whole["mape_ratio"] is not None:
        text.append(
            f"Mean MAPE: ours {whole['mape_pct']:.2f} %, operators {whole['operator_mape_pct']:.2f} %, naive "
            f"{whole['naive_mape_pct']:.2f} %; **ratio {whole['mape_ratio']:.3f}**. Inside 80 %: {whole['coverage_80_pct']:.1f}, inside 95 %: "
            f"{whole['coverage_95_pct']:.1f}."
        )
    return text


def _table(benchmark: Benchmark, summary: dict[str, Any]) -> list[str]:
    price = benchmark.plan.target == "price"
    benchmarks = sorted({name for s in summary["series"] for name in s["references"]})
    error = f"MAE, {benchmark.unit}" if price else "MAPE, %"
    head = ["series", f"ours, {error}", "operator" if not price else None, "naive", *benchmarks]
    head += ["DM", "p", *[f"DM, p against {b}" for b in benchmarks], "in 80 %", "in 95 %", "hours' 95 %", "pinball", "rolling errors' pinball", "regret, %"]  # fmt: skip
    names = [h for h in head if h is not None]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for one in summary["series"]:
        lines.append("| " + " | ".join(_cells(one, price, benchmarks)) + " |")
    return lines


def _cells(one: dict[str, Any], price: bool, benchmarks: Sequence[str]) -> list[str]:
    kind = "mae" if price else "mape_pct"
    by_hour = one["coverage_95_by_slot_pct"]
    cells = [one["series_id"], _number(one[kind], 3 if price else 2)]
    cells += [] if price else [_number(one["operator_mape_pct"], 2)]
    cells.append(_number(one[f"naive_{kind}"], 3 if price else 2))
    references = [one["references"].get(b, {}) for b in benchmarks]
    cells += [_number(r.get("mae"), 3) for r in references]
    cells += [_number(one["dm_statistic"], 1), _p(one["dm_p_value"])]
    cells += [f"{_number(r.get('dm_statistic'), 1)}, {_p(r.get('dm_p_value'))}" for r in references]
    cells += [
        _number(one["coverage_80_pct"], 1),
        _number(one["coverage_95_pct"], 1),
        f"{min(by_hour):.1f}–{max(by_hour):.1f}",
    ]
    cells += [_number(one["pinball_there"], 3), _number(one["pinball_rolling_errors"], 3)]
    mixture = one.get("mixture")
    return [*cells, _number(mixture["regret_pct"], 1) if mixture else "–"]


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{value:,.{digits}f}"


def _p(value: float | None) -> str:
    return "–" if value is None or not np.isfinite(value) else ("<0.0001" if value < 1e-4 else f"{value:.4f}")


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m ml.skill --archive DIR --home DIR --output FILE [--only KEY ...]`."""
    parser = argparse.ArgumentParser(description="Run the benchmarks and write the skill page.")
    parser.add_argument(
        "--archive", required=True, type=Path, help="directory that holds epf/, eia930/, nyiso/, entsoe/"
    )
    parser.add_argument("--home", required=True, type=Path, help="where rows, pages and remembered work are kept")
    parser.add_argument("--output", type=Path, default=Path("docs/forecast-skill.md"))
    parser.add_argument(
        "--only", nargs="*", choices=[b.key for b in BENCHMARKS], help="these benchmarks alone; the page's others stay"
    )
    given = parser.parse_args(arguments)
    chosen = [b for b in BENCHMARKS if not given.only or b.key in given.only]
    results = [(b, run(b, given.archive, given.home)) for b in chosen]
    made = page(results)
    given.output.write_text(merged(given.output.read_text(), made) if given.only and given.output.exists() else made)
    print(f"{given.output}: {len(results)} benchmarks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
