"""Input made to harm: refused with a clear error, before it costs memory or executes anything."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from extract.catalogue import feed as feed_named
from extract.feed import Payload
from extract.landing import bronze_path, ensure_bronze, land
from gridlake import duck, lake
from gridlake.errors import GridlakeError, UsageError
from gridlake.settings import PROJECT_ROOT, Settings, limit
from ml.models import make_model
from ml.saving import load_model, save_model
from tests.contract.samples import offering
from tests.unit.ml.test_models import NAMES, training

FEED = "nyiso_pal"
HEAD = "Time Stamp,Time Zone,Name,PTID,Load"
ROW = "01/01/2017 00:00:00,EST,WEST,61752,{}"


def file(*lines: str) -> Payload:
    data = "".join(f"{line}\n" for line in lines).encode()
    return Payload(FEED, data, "archive:nyiso/pal/20170101pal.csv", "archive")


@pytest.fixture
def settings(home: Callable[..., Settings]) -> Settings:
    made = home(origin="archive")
    ensure_bronze(made, [feed_named(FEED)])
    return made


def test_a_million_columns_are_refused_before_a_cell_is_read(settings: Settings) -> None:
    names = ",".join(f"c{n}" for n in range(1_000_000))
    hostile = file(f"{HEAD},{names}", ROW.format(1) + "," * 1_000_000)
    started = time.process_time()
    result = land(offering(feed_named(FEED), [hostile]), settings)
    assert result.state == "stale"
    assert "1,000,005 columns" in result.message
    assert "GRIDLAKE_MAX_COLUMNS" in result.remedy
    assert time.process_time() - started < 20
    assert lake.open_table(bronze_path(settings, feed_named(FEED))).to_pyarrow_table().num_rows == 0


HUGE = ("1e400", "-1e400", "9" * 400, "0x7fffffffffffffffffff", "1e-400", "NaN", "Infinity", "1" * 100_000)


def test_huge_numbers_land_as_they_came_and_break_nothing(settings: Settings) -> None:
    lines = [f"01/01/2017 00:{5 * n:02d}:00,EST,WEST,61752,{value}" for n, value in enumerate(HUGE)]
    result = land(offering(feed_named(FEED), [file(HEAD, *lines)]), settings)
    assert (result.state, result.rows_landed) == ("landed", len(HUGE)), result.message
    frame = pl.from_arrow(lake.open_table(bronze_path(settings, feed_named(FEED))).to_pyarrow_table())
    assert isinstance(frame, pl.DataFrame)
    assert frame.sort("row_number")["load"].to_list() == list(HUGE)


def test_sql_in_a_cell_is_text(settings: Settings) -> None:
    words = ["'; drop table bronze.payload; --", '" or 1=1 --', "${jndi:ldap://x}", "{{ 1/0 }}"]
    cells = ['"' + word.replace('"', '""') + '"' for word in words]
    lines = [f"01/01/2017 00:{5 * n:02d}:00,EST,WEST,61752,{cell}" for n, cell in enumerate(cells)]
    assert land(offering(feed_named(FEED), [file(HEAD, *lines)]), settings).rows_landed == len(words)
    con = duck.connect()
    try:
        table = duck.sql_literal(bronze_path(settings, feed_named(FEED)))
        found = con.execute(f"select load from delta_scan({table}) order by row_number").fetchall()
    finally:
        con.close()
    assert [row[0] for row in found] == words


@hypothesis_settings(deadline=None, max_examples=60)  # DuckDB's first statements take longer than later ones
@given(st.text(min_size=1, max_size=40))
def test_any_text_is_one_identifier_and_one_literal(text: str) -> None:
    if "\x00" in text:
        with pytest.raises(GridlakeError, match="NUL"):
            duck.sql_identifier(text)
        return
    con = duckdb.connect(":memory:")
    try:
        con.execute(f"create table {duck.sql_identifier(text)} as select {duck.sql_literal(text)} as v")
        assert con.execute("select table_name from duckdb_tables()").fetchall() == [(text,)]
        assert con.execute(f"select v from {duck.sql_identifier(text)}").fetchall() == [(text,)]
    finally:
        con.close()


class Bomb:
    """What a pickle would execute on loading."""

    def __init__(self, marker: Path) -> None:
        self.marker = str(marker)

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, (self.marker,))


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "operator"])
def test_a_pickle_in_place_of_a_model_is_refused_and_not_executed(name: str, tmp_path: Path) -> None:
    folder, marker = tmp_path / "model", tmp_path / "executed"
    save_model(make_model(name).fit(training()), folder, NAMES)
    about = json.loads((folder / "model.json").read_text())
    for part in about["files"]:  # also where the hashes were made to fit
        (folder / part).write_bytes(pickle.dumps(Bomb(marker)))
        about["files"][part] = hashlib.sha256((folder / part).read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(about))
    with pytest.raises(GridlakeError, match="no readable"):
        load_model(folder)
    assert not marker.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [({"name": "os.system"}, "unknown kind"), ({"files": {"../../etc/passwd": "0"}}, "names a file elsewhere")],
)
def test_a_model_description_that_leads_elsewhere_is_refused(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    save_model(make_model("operator").fit(training()), tmp_path, NAMES)
    about = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps({**about, **change}))
    with pytest.raises(GridlakeError, match=said):
        load_model(tmp_path)


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    tell = "from extract import containers as c; print(c.MAX_EXPANDED_BYTES, c.MAX_RATIO, c.MAX_COLUMNS)"
    limits = {"GRIDLAKE_MAX_EXPANDED_MB": "3", "GRIDLAKE_MAX_EXPANSION_RATIO": "7", "GRIDLAKE_MAX_COLUMNS": "20"}
    done = subprocess.run(
        [sys.executable, "-c", tell],
        cwd=PROJECT_ROOT,
        env={**os.environ, **limits},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(3 * 2**20), "7", "20"]
    for wrong in ("many", "0", "-1"):
        monkeypatch.setenv("GRIDLAKE_MAX_COLUMNS", wrong)
        with pytest.raises(UsageError, match="GRIDLAKE_MAX_COLUMNS"):
            limit("COLUMNS", 1)
