from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from gridlake.settings import PROJECT_ROOT, Settings
from gridlake.snapshot import Snapshot, verify_snapshot
from semantic.commands import metric, query

Run = Callable[..., Result]


@pytest.fixture
def run(published: tuple[Settings, Snapshot], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("GRIDLAKE_HOME", str(published[0].home))
    monkeypatch.delenv("CUBE_API_URL", raising=False)
    return lambda command, *arguments: CliRunner().invoke(command, list(arguments))


def test_rows_go_to_stdout_in_every_format(run: Run) -> None:
    sql = "select region_id, count(*) as n from fct_load_hourly group by 1 order by 1"
    assert "ERCOT" in run(query, sql).stdout
    rows = list(csv.reader(io.StringIO(run(query, sql, "--format", "csv").stdout)))
    assert rows == [["region_id", "n"], ["CAISO", "4335"], ["ERCOT", "4338"], ["NYISO", "4338"]]
    for flags in (["--format", "json"], ["--json"]):
        body = json.loads(run(query, sql, *flags).stdout)
        assert body["columns"] == ["region_id", "n"]
        assert body["rows"][0] == {"region_id": "CAISO", "n": 4335}
        assert body["row_count"] == 3
    parquet = pq.read_table(io.BytesIO(run(query, sql, "--format", "parquet").stdout_bytes))
    assert parquet.to_pylist()[2] == {"region_id": "NYISO", "n": 4338}


def test_a_long_table_says_that_it_stops(run: Run) -> None:
    result = run(query, "select * from range(1500)")
    assert "1,000 of 1,500 rows" in result.stderr
    assert len(run(query, "select * from range(1500)", "--format", "csv").stdout.splitlines()) == 1501


def test_cells_that_a_spreadsheet_would_execute_are_escaped(run: Run) -> None:
    sql = "select '=1+1' as a, '@cmd' as b, '  -2+3' as c, -2.5 as d, 'plain' as e, null as f, '+x' as \"=head\""
    rows = list(csv.reader(io.StringIO(run(query, sql, "--format", "csv").stdout)))
    assert rows[0][-1] == "'=head"
    assert rows[1] == ["'=1+1", "'@cmd", "'  -2+3", "-2.5", "plain", "", "'+x"]


def test_numbers_that_json_cannot_hold_are_null(run: Run) -> None:
    body = json.loads(run(query, "select 'nan'::double as a, 'inf'::double as b, 1.5 as c, 2 as c", "--json").stdout)
    assert body["rows"] == [{"a": None, "b": None, "c": 1.5, "c_4": 2}]


@pytest.mark.parametrize(
    "sql",
    ["select nope from fct_load_hourly", "select * from nowhere", "selec 1", "", "select 1; select 2"],
)
def test_wrong_sql_is_a_usage_error_with_its_message(run: Run, sql: str) -> None:
    result = run(query, sql, "--json")
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert error["type"] == "UsageError"
    assert ("fct_load_hourly" in error["remedy"]) == ("nowhere" in sql), "the tables help only who named none of them"


@pytest.mark.parametrize(
    "sql",
    [
        "copy (select 1) to '{gold}/planted.parquet'",
        "explain analyze copy (select 'x' as zone_id) to '{file}' (use_tmp_file false)",
        "EXPLAIN ANALYZE COPY (select 1) TO '{file}'",
        "create table x as select 1",
        "attach '{gold}/x.duckdb'",
        "set lock_configuration = false",
        "pragma enable_external_access",
        "install httpfs",
        "drop view gold.fct_load_hourly",
        "select * from read_text('/etc/hostname')",
        "select * from read_csv('{home}/published/current.json')",
        "select * from glob('/*')",
        "export database '{gold}/dump'",
    ],
)
def test_nothing_is_written_and_nothing_outside_is_reached(
    run: Run, published: tuple[Settings, Snapshot], sql: str
) -> None:
    settings, snapshot = published
    before = sorted(settings.home.rglob("*"))
    file = snapshot.file_paths("dim_region")[0]
    result = run(query, sql.format(gold=settings.gold, home=settings.home, file=file))
    assert result.exit_code == 1, result.output
    assert sorted(settings.home.rglob("*")) == before
    assert verify_snapshot(snapshot) == []


def test_before_the_first_snapshot(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDLAKE_HOME", str(tmp_path))
    for command, arguments in ((query, ["select 1"]), (metric, ["load", "count"])):
        result = run(command, *arguments)
        assert result.exit_code == 1
        assert "gridlake run" in result.stderr


def test_a_query_starts_without_heavy_imports(published: tuple[Settings, Snapshot]) -> None:
    code = (
        "import sys\nfrom semantic.commands import query\n"
        "try:\n    query(['select 1 as one', '--format', 'csv'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "heavy = {'polars', 'pyarrow', 'pandas', 'deltalake', 'streamlit', 'dagster', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True,
        env={"GRIDLAKE_HOME": str(published[0].home), "PYTHONPATH": str(PROJECT_ROOT), "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "one\n1\n"


def test_metrics_from_the_shell(run: Run) -> None:
    result = run(
        metric, "load", "average_load_mw,count", "--by", "region_id", "--grain", "day", "--from", "2026-03-08",
        "--to", "2026-03-09", "--tz", "America/New_York", "--where", "region_id = NYISO, ERCOT", "--where", "local_hour >= 0",
        "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    body = json.loads(result.stdout)
    assert body["columns"] == ["region_id", "interval_start_utc", "average_load_mw", "count"]
    assert [(r["region_id"], r["count"]) for r in body["rows"]] == [
        ("ERCOT", 23),
        ("NYISO", 23),
        ("ERCOT", 24),
        ("NYISO", 24),
    ]
    assert body["annotation"]["average_load_mw"]["unit"] == "MW"
    assert "fct_load_hourly" in body["meta"]["sql"]
    assert "average_load_mw MW" in run(metric, "load", "average_load_mw").stderr
    assert run(metric, "forecast_quality", "mape_pct", "--grain", "week", "--format", "csv").stdout.startswith(
        "local_date,mape_pct"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["lod", "count"],
        ["load", "cont"],
        ["load", "count", "--where", "region_id NYISO"],
        ["load", "count", "--where", "region_id ="],
        ["load", "count", "--tz", "Nowhere"],
        ["load", "count", "--from", "yesterday"],
        ["region_list", "count", "--grain", "day"],
    ],
)
def test_metrics_that_cannot_be_asked_exit_1_with_a_remedy(run: Run, arguments: list[str]) -> None:
    result = run(metric, *arguments, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["remedy"]
