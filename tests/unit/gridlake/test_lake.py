"""Delta tables: payloads once, partitions exactly, nothing by halves."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridlake import build_plan, duck, lake
from gridlake.errors import BuildFailed, GridlakeError
from tests.unit.gridlake import workers
from tests.unit.gridlake.race import race
from tests.unit.gridlake.workers import READINGS, readings


def counts(path: Path) -> dict[str, int]:
    """Rows by payload."""
    found = lake.open_table(path).to_pyarrow_table()["payload_sha256"].value_counts().to_pylist()
    return {entry["values"]: entry["counts"] for entry in found}


class TestPayloads:
    def test_a_payload_is_appended_once(self, tmp_path: Path) -> None:
        path = tmp_path / "reading"
        first = lake.append_payloads(path, READINGS, readings(["a", "b"]), ["a", "b"])
        again = lake.append_payloads(path, READINGS, readings(["a", "b"]), ["a", "b"])
        assert again == first
        assert counts(path) == {"a": 3, "b": 3}
        assert lake.open_table(path).transaction_version("a") is not None
        assert not (lake.open_table(path).transaction_version("c") is not None)

    def test_of_known_and_new_payloads_only_the_new_are_appended(self, tmp_path: Path) -> None:
        path = tmp_path / "reading"
        first = lake.append_payloads(path, READINGS, readings(["a"]), ["a"])
        assert lake.append_payloads(path, READINGS, readings(["a", "b"]), ["a", "b"]) == first + 1
        assert counts(path) == {"a": 3, "b": 3}

    def test_a_payload_without_rows_is_remembered(self, tmp_path: Path) -> None:
        path = tmp_path / "reading"
        lake.append_payloads(path, READINGS, readings([]), ["empty"])
        assert lake.open_table(path).transaction_version("empty") is not None

    def test_scopes_keep_the_same_bytes_of_two_feeds_apart(self, tmp_path: Path) -> None:
        path = tmp_path / "reading"
        for scope in ("one", "two", "one"):
            lake.append_payloads(path, READINGS, readings(["a"]), ["a"], scope)
        assert counts(path) == {"a": 6}

    def test_a_race_over_same_and_different_payloads_loses_and_doubles_nothing(self, tmp_path: Path) -> None:
        path = tmp_path / "reading"
        offers = [[f"{who}{n}" if own else f"same{n}" for n in range(3) for own in (False, True)] for who in "abc"]
        assert race(workers.append_all, [(path, offer) for offer in offers]) == [0, 0, 0]
        assert counts(path) == dict.fromkeys({payload for offer in offers for payload in offer}, 3)

    def test_a_store_that_always_fails_gives_a_typed_error_and_no_rows(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import deltalake
        from deltalake.exceptions import CommitFailedError

        path = tmp_path / "reading"
        lake.append_payloads(path, READINGS, readings(["a"]), ["a"])
        tries = []

        def fail(*arguments: Any, **options: Any) -> None:
            tries.append(1)
            raise CommitFailedError("no")

        monkeypatch.setattr(deltalake, "write_deltalake", fail)
        with pytest.raises(GridlakeError, match="Nothing was appended") as caught:
            lake.append_payloads(path, READINGS, readings(["b"]), ["b"])
        assert isinstance(caught.value.__cause__, CommitFailedError)
        assert len(tries) == lake.APPEND_ATTEMPTS
        assert counts(path) == {"a": 3}


class TestReading:
    def test_columns_and_rows_that_are_asked_for(self, tmp_path: Path) -> None:
        path = tmp_path / "reading"
        lake.append_payloads(path, READINGS, readings(["a", "it's"]), ["a", "it's"])
        whole = lake.read_rows(path)
        assert (whole.height, whole.columns) == (6, [c.name for c in READINGS.columns])
        assert (
            lake.read_rows(path, ["payload_sha256"], payload_sha256="it's")["payload_sha256"].to_list() == ["it's"] * 3
        )
        assert lake.read_rows(path, payload_sha256="' or true --").height == 0


class TestMonths:
    def test_months_of_a_table(self, tmp_path: Path) -> None:
        path = tmp_path / "reading"
        assert lake.month_rows(path) == {}
        lake.append_payloads(path, READINGS, readings(["a"], month="2023-12"), ["a"])
        lake.append_payloads(path, READINGS, readings(["b"], month="2024-02"), ["b"])
        assert lake.month_rows(path) == {"2023-12": 3, "2024-02": 3}

    def test_a_table_without_months_has_none(self, tmp_path: Path) -> None:
        lake.overwrite_table(tmp_path / "t", pa.table({"a": [1]}))
        assert lake.month_rows(tmp_path / "t") == {}

    @given(st.integers(1, 9000), st.integers(1, 12), st.integers(-400, 400))
    def test_months_shift_there_and_back(self, year: int, month: int, by: int) -> None:
        start = f"{year + 100:04d}-{month:02d}"
        assert build_plan.shift_month(build_plan.shift_month(start, by), -by) == start


months = st.sets(st.integers(0, 60), max_size=30).map(
    lambda ns: sorted(build_plan.shift_month("2019-01", n) for n in ns)
)


def months_between(first: str, after: str) -> list[str]:
    found, month = [], first[:7]
    while month < after[:7]:
        found.append(month)
        month = build_plan.shift_month(month, 1)
    return found


class TestPlan:
    @given(months, st.integers(0, 2), st.integers(0, 3))
    def test_ranges_cover_exactly_the_reached_months_in_bounded_chunks(
        self, changed: list[str], back: int, on: int
    ) -> None:
        plan = build_plan.plan_build(
            {"all_months": [], "changed_months": changed},
            exists=True,
            partitioned=True,
            reach_back=back,
            reach_forward=on,
        )
        reached = {build_plan.shift_month(m, d) for m in changed for d in range(-back, on + 1)}
        covered = [months_between(first, after) for first, after in plan["ranges"]]
        assert sorted(reached) == plan["months"] == [m for chunk in covered for m in chunk]
        assert all(1 <= len(chunk) <= build_plan.CHUNK_MONTHS for chunk in covered)
        assert plan["whole"] is False

    @given(st.dates(date(2015, 1, 1), date(2026, 12, 31)), st.integers(0, 40), st.integers(1, 3))
    def test_changed_days_reach_the_months_of_the_days_around_them_and_no_others(
        self, first: date, length: int, reach: int
    ) -> None:
        spoken_of = [first + timedelta(days=n) for n in range(length + 1)]
        days: dict[str, list[str]] = {}
        for day in spoken_of:
            days.setdefault(f"{day:%Y-%m}", [f"{day}"])[1:] = [f"{day}"]
        plan = {"all_months": [], "changed_months": sorted(days), "changed_days": days}
        around = {f"{day + timedelta(days=n):%Y-%m}" for day in spoken_of for n in range(-reach, reach + 1)}
        made = build_plan.plan_build(plan, exists=True, partitioned=True, reach_days=reach)
        assert made["months"] == sorted(around)
        plan["changed_days"] = {}
        made = build_plan.plan_build(plan, exists=True, partitioned=True, reach_days=reach)
        assert made["months"] == sorted({build_plan.shift_month(m, n) for m in days for n in (-1, 0, 1)})

    def test_long_spans_are_cut_into_years(self) -> None:
        span = [build_plan.shift_month("2015-01", n) for n in range(30)]
        plan = build_plan.plan_build({"all_months": span, "changed_months": None}, exists=True, partitioned=True)
        assert [len(months_between(*r)) for r in plan["ranges"]] == [12, 12, 6]
        assert plan["whole"] is True

    @pytest.mark.parametrize(
        ("exists", "full_refresh", "changed"), [(False, False, []), (True, True, []), (True, False, None)]
    )
    def test_a_new_table_a_full_refresh_and_an_unknown_past_build_everything(
        self, exists: bool, full_refresh: bool, changed: list[str] | None
    ) -> None:
        plan = {"all_months": ["2024-01"], "changed_months": changed}
        made = build_plan.plan_build(plan, exists=exists, partitioned=True, full_refresh=full_refresh)
        assert (made["whole"], made["months"]) == (True, ["2024-01"])

    def test_nothing_changed_builds_nothing_but_small_tables(self) -> None:
        plan = {"all_months": ["2024-01"], "changed_months": []}
        assert build_plan.plan_build(plan, exists=True, partitioned=True)["ranges"] == []
        assert len(build_plan.plan_build(plan, exists=True, partitioned=False)["ranges"]) == 1

    def test_no_plan_file_means_build_everything(self, tmp_path: Path) -> None:
        assert (
            build_plan.read_plan(None)
            == build_plan.read_plan(str(tmp_path / "none.json"))
            == {"all_months": [], "changed_months": None}
        )


def written(root: Path, token: str, rows: list[tuple[int | None, str]]) -> tuple[list[lake.WrittenFile], pa.Schema]:
    """Files as dbt's materialisation writes them, by month."""
    root.mkdir(parents=True, exist_ok=True)
    values = ", ".join(f"({'null' if x is None else x}::integer, '{month}')" for x, month in rows)
    con = duckdb.connect()
    con.execute(
        f"copy (select * from (values {values}) v(x, month)) to '{root}' "
        f"(format parquet, partition_by (month), append, filename_pattern '{token}-{{uuid}}')"
    )
    con.close()
    files = lake.written_files(root, token)
    return files, pq.read_schema(files[0].path)


def content(root: Path) -> dict[str, list[int]]:
    by_month: dict[str, list[int]] = {}
    for row in lake.open_table(root).to_pyarrow_table().to_pylist():
        by_month.setdefault(row["month"], []).append(row["x"])
    return {month: sorted(xs) for month, xs in sorted(by_month.items())}


class TestSwap:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        root = tmp_path / "t"
        files, schema = written(root, "first", [(1, "2024-01"), (2, "2024-02"), (3, "2024-03")])
        assert lake.commit_files(root, files, schema, partitions=["2024-01", "2024-02", "2024-03"], whole=True) == 0
        return root

    def test_exactly_the_named_partitions_are_replaced(self, root: Path) -> None:
        files, schema = written(root, "second", [(20, "2024-02"), (21, "2024-02")])
        assert lake.commit_files(root, files, schema, partitions=["2024-02", "2024-04"]) == 1
        assert content(root) == {"2024-01": [1], "2024-02": [20, 21], "2024-03": [3]}

    def test_a_partition_without_files_becomes_empty(self, root: Path) -> None:
        _, schema = lake.written_files(root, "first"), pq.read_schema(lake.written_files(root, "first")[0].path)
        assert lake.commit_files(root, [], schema, partitions=["2024-02"]) == 1
        assert content(root) == {"2024-01": [1], "2024-03": [3]}

    def test_no_partitions_change_nothing(self, root: Path) -> None:
        schema = pq.read_schema(lake.written_files(root, "first")[0].path)
        lake.commit_files(root, [], schema, partitions=[])
        assert content(root) == {"2024-01": [1], "2024-02": [2], "2024-03": [3]}

    def test_a_null_in_a_required_column_commits_nothing(self, root: Path) -> None:
        files, schema = written(root, "second", [(None, "2024-02"), (5, "2024-02")])
        with pytest.raises(BuildFailed, match="1 null values in column x"):
            lake.commit_files(root, files, schema, partitions=["2024-02"], required=["x"])
        assert lake.open_table(root).version() == 0
        assert content(root)["2024-02"] == [2]

    def test_the_version_returned_holds_what_was_committed(self, root: Path) -> None:
        for number in range(1, 4):
            files, schema = written(root, f"run{number}", [(number * 100, "2024-01")])
            version = lake.commit_files(root, files, schema, partitions=["2024-01"])
            assert version == number
            names = {f["path"] for f in lake.table_files(root, version).files}
            assert {str(f.path.relative_to(root)) for f in files} <= names
        assert lake.table_files(root, 0).rows == 3

    def test_whole_replaces_everything(self, root: Path) -> None:
        files, schema = written(root, "second", [(9, "2025-01")])
        lake.commit_files(root, files, schema, partitions=["2025-01"], whole=True)
        assert content(root) == {"2025-01": [9]}

    def test_footers_give_rows_months_and_bounds(self, root: Path) -> None:
        (january,) = [f for f in lake.written_files(root, "first") if f.partition == {"month": "2024-01"}]
        assert (january.rows, january.null_counts, january.minimum, january.maximum) == (
            1,
            {"x": 0},
            {"x": 1},
            {"x": 1},
        )

    def test_duckdb_reads_a_pinned_version_beside_the_latest(self, root: Path) -> None:
        files, schema = written(root, "second", [(20, "2024-02")])
        lake.commit_files(root, files, schema, partitions=["2024-02"])
        con = duck.connect()
        old, new = (
            con.execute(f"select sum(x)::int from delta_scan({duck.sql_literal(root)}, version => {v})").fetchone()
            for v in (0, 1)
        )
        assert (old, new) == ((6,), (24,))


def test_views_cover_delta_tables_and_nothing_else(tmp_path: Path) -> None:
    lake.append_payloads(tmp_path / "it's", READINGS, readings(["a"]), ["a"])
    (tmp_path / "half_built").mkdir()
    (tmp_path / "note.txt").write_text("no table")
    con = duck.connect()
    assert duck.create_layer_views(con, tmp_path, "bronze") == ["it's"]
    assert con.execute('select count(*) from bronze."it\'s"').fetchone() == (3,)
    assert duck.create_layer_views(con, tmp_path / "none", "silver") == []


@given(st.text(alphabet=st.characters(blacklist_characters="\x00", blacklist_categories=("Cs",)), min_size=1))
def test_literals_and_identifiers_are_quoted(name: str) -> None:
    con = duckdb.connect()
    cursor = con.execute(f"select {duck.sql_literal(name)} as {duck.sql_identifier(name)}")
    assert cursor.fetchone() == (name,)
    con.close()


def test_a_name_with_a_nul_byte_is_refused() -> None:
    with pytest.raises(GridlakeError, match="NUL"):
        duck.sql_identifier("a\x00b")


def test_the_memory_setting_bounds_a_connection_which_spills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRIDLAKE_DUCKDB_MEMORY", "64MB")
    con = duck.connect(threads=1)
    assert con.execute("select current_setting('memory_limit')").fetchone() == ("61.0 MiB",)
    rows = con.execute(
        "select count(*), sum(length(text)) from (select i, md5(i::text) as text from range(3_000_000) t(i) order by text)"
    ).fetchone()
    assert rows == (3_000_000, 96_000_000)
    (place,) = con.execute("select current_setting('temp_directory')").fetchone() or ()
    assert str(os.getpid()) in place  # another process spills elsewhere


@pytest.mark.parametrize("months", [["2024-01"], ["2024-01", "2024-02"], []])
def test_rows_lie_in_the_folder_of_their_month(tmp_path: Path, months: list[str]) -> None:
    frame = pl.DataFrame({"x": list(range(3 * len(months))), "month": [m for m in months for _ in range(3)]}, schema={"x": pl.Int64, "month": pl.String})  # fmt: skip
    parts = lake._partitions(frame, ["month"])
    assert {key: part["x"].to_list() for key, part in parts.items()} == {
        (month,): [3 * i, 3 * i + 1, 3 * i + 2] for i, month in enumerate(months)
    }
    assert all(part.columns == ["x"] for part in parts.values())
    assert list(lake._partitions(frame, [])) == [()]
