"""`run_gates` over a home with real Delta tables: feeds, crashes, missing tables, and what publishing may believe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from expectations import runner, suites
from expectations.catalogue import load_catalogue
from gridlake import duck, lake
from gridlake.errors import UsageError
from gridlake.ops import OpsStore
from gridlake.settings import Settings

LEDGER = {"payload_bytes": 10, "rows_duplicate": 0, "window_start_utc": None, "window_end_utc": None}
WINDOW = pa.timestamp("us", "UTC")
LEDGER_SCHEMA = pa.schema(
    {
        **dict.fromkeys(("feed", "payload_sha256", "api_endpoint"), pa.string()),
        **dict.fromkeys(("window_start_utc", "window_end_utc"), WINDOW),
        **dict.fromkeys(("landed_seq", "payload_bytes", "rows_read", "rows_landed"), pa.int64()),
        **dict.fromkeys(("rows_duplicate", "rows_refused"), pa.int64()),
    }
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def payload(sha: str, seq: int, read: int, refused: int, feed: str = "pal") -> dict[str, Any]:
    counts = {"rows_read": read, "rows_landed": read - refused, "rows_refused": refused}
    return {
        **LEDGER,
        **counts,
        "feed": feed,
        "payload_sha256": sha,
        "api_endpoint": f"archive:{sha}",
        "landed_seq": seq,
    }


def write_ledger(settings: Settings, payloads: list[dict[str, Any]]) -> None:
    lake.overwrite_table(settings.bronze / "payload", pa.Table.from_pylist(payloads, schema=LEDGER_SCHEMA))


def by_rule(results: list[runner.GateResult]) -> Mapping[str, runner.GateResult]:
    return {r.rule_id: r for r in results}


def test_results_are_stored_and_judge_what_is_there_now(settings: Settings) -> None:
    write_ledger(settings, [payload("a", 1, 100, 0)])
    first = by_rule(runner.run_gates(settings, "raw", "run-1", ["payload"]))
    assert first["RW02"].passed
    write_ledger(settings, [payload("a", 1, 100, 0), payload("b", 2, 100, 9)])
    second = by_rule(runner.run_gates(settings, "raw", "run-2", ["payload"]))
    assert not second["RW02"].passed
    assert second["RW02"].feed == "pal"
    assert (second["RW02"].failed_rows, second["RW02"].evaluated_rows) == (9, 200)
    stored = OpsStore(settings.ops_db).gates("run-2")
    assert {(g["rule_id"], g["passed"]) for g in stored} == {(r.rule_id, r.passed) for r in second.values()}
    assert all(g["check_name"] == "gx__raw.payload" for g in stored)


def test_only_newly_landed_payloads_can_block(settings: Settings) -> None:
    """A bad delivery that was published knowingly long ago does not fail every run after it."""
    write_ledger(settings, [payload("old", 1, 100, 9), payload("new", 2, 100, 1)])
    assert not by_rule(runner.run_gates(settings, "raw", "all", ["payload"]))["RW02"].passed
    named = by_rule(runner.run_gates(settings, "raw", "named", ["payload"], feeds={"pal": ["new"]}))
    assert named["RW02"].passed
    assert named["RW02"].evaluated_rows == 100
    publication = pa.table({"feed": ["pal"], "published_seq": pa.array([1], pa.int64())})
    lake.overwrite_table(settings.bronze / "publication", publication)
    assert by_rule(runner.run_gates(settings, "raw", "since", ["payload"]))["RW02"].evaluated_rows == 100


def test_a_missing_table_is_a_failed_gate(settings: Settings) -> None:
    results = runner.run_gates(settings, "gold", "run", ["fct_load_hourly"])
    assert results
    assert not any(r.passed for r in results)
    assert "gold.fct_load_hourly" in results[0].observed
    assert "does not exist" in results[0].observed


def test_a_missing_column_is_a_failed_gate(settings: Settings) -> None:
    lake.overwrite_table(settings.gold / "dim_fuel", pa.table({"fuel_id": ["gas"]}))
    results = runner.run_gates(settings, "gold", "run", ["dim_fuel"])
    assert [r.passed for r in results] == [False]
    assert "emission_factor_kg_per_mwh" in results[0].observed


def test_a_crash_in_a_suite_is_a_failed_gate(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ledger(settings, [payload("a", 1, 100, 0)])

    def broken(*_: Any) -> None:
        raise RuntimeError("the suite fell over")

    monkeypatch.setattr(suites, "build_suite", broken)
    results = runner.run_gates(settings, "raw", "run", ["payload"])
    assert results
    assert not any(r.passed for r in results)
    assert "the suite fell over" in results[0].observed


def test_a_crash_inside_an_expectation_is_a_failed_gate(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Great Expectations swallows exceptions of single expectations; they must come out as failures."""
    import great_expectations.expectations as gxe

    write_ledger(settings, [payload("a", 1, 100, 0)])
    real = suites.expectation

    def misdirected(rule: Any) -> Any:
        if rule.id != "RW01":
            return real(rule)
        return gxe.ExpectColumnValuesToBeBetween(column="no_such_column", max_value=0, meta={"rule_id": rule.id})

    monkeypatch.setattr(suites, "expectation", misdirected)
    results = by_rule(runner.run_gates(settings, "raw", "run", ["payload"]))
    assert not results["RW01"].passed
    assert "crashed" in results["RW01"].observed
    assert results["RW04"].passed


def test_an_empty_delta_table_passes(settings: Settings) -> None:
    write_ledger(settings, [])
    results = runner.run_gates(settings, "raw", "run", ["payload"])
    assert {r.observed for r in results} == {runner.NO_ROWS}
    assert all(r.passed for r in results)


def test_unknown_layers_and_tables_are_refused(settings: Settings) -> None:
    with pytest.raises(UsageError, match="no gates for raw nonsense"):
        runner.run_gates(settings, "raw", "run", ["payload", "nonsense"])
    with pytest.raises(UsageError, match="no gates for mist"):
        runner.run_gates(settings, "mist", "run")


def test_publishing_is_refused_unless_every_error_gate_ran_and_passed() -> None:
    gates = runner.catalogue()
    assert len({(g.check_name, g.rule_id) for g in gates}) == len(gates)
    good = [{"check_name": g.check_name, "rule_id": g.rule_id, "feed": "", "passed": True} for g in gates]
    assert runner.unmet_gates(good) == []
    absent = next(i for i, g in enumerate(gates) if g.severity == "error")
    assert runner.unmet_gates(good[:absent] + good[absent + 1 :]) == [
        f"{gates[absent].check_name} {gates[absent].rule_id} did not run: {gates[absent].title}"
    ]
    failed = [{**g, "passed": False, "feed": "pal"} if g is good[absent] else g for g in good]
    assert len(runner.unmet_gates(failed)) == 1
    assert "failed for pal" in runner.unmet_gates(failed)[0]
    warned = next(i for i, g in enumerate(gates) if g.severity == "warn")
    assert runner.unmet_gates(good[:warned] + good[warned + 1 :]) == []
    assert runner.unmet_gates([])


def test_data_docs_show_the_last_verdicts(settings: Settings) -> None:
    from expectations.data_docs import build_data_docs

    write_ledger(settings, [payload("a", 1, 100, 9)])
    runner.run_gates(settings, "raw", "run", ["payload"])
    index = build_data_docs(settings)
    assert index == settings.gx / "data_docs" / "index.html"
    page = (index.parent / "raw.payload.html").read_text(encoding="utf-8")
    assert "RW02" in page
    assert "refused_pct" in page
    assert 'href="raw.payload.html"' in index.read_text(encoding="utf-8")


class TestStandingVerdicts:
    """An unchanged table is not judged twice; a changed one, a changed rule and a failed verdict are."""

    @pytest.fixture
    def judged(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Suites that Great Expectations was asked to judge, in order."""
        asked: list[str] = []
        real = suites.validate

        def validate(profile: Any, rules: Any) -> Any:
            asked.append(profile.suite)
            return real(profile, rules)

        monkeypatch.setattr(suites, "validate", validate)
        return asked

    def test_the_same_version_keeps_its_verdict_and_its_time(self, settings: Settings, judged: list[str]) -> None:
        write_ledger(settings, [payload("a", 1, 100, 0)])
        first = runner.run_gates(settings, "raw", "run-1", ["payload"])
        again = runner.run_gates(settings, "raw", "run-2", ["payload"])
        assert judged == ["raw.payload"]
        assert set(again) == set(first)
        ops = OpsStore(settings.ops_db)
        times = [{r["evaluated_at_utc"] for r in ops.gates(run)} for run in ("run-1", "run-2")]
        assert times[0] == times[1]
        assert len(times[0]) == 1

    def test_a_new_version_is_judged(self, settings: Settings, judged: list[str]) -> None:
        write_ledger(settings, [payload("a", 1, 100, 0)])
        runner.run_gates(settings, "raw", "run-1", ["payload"])
        write_ledger(settings, [payload("a", 1, 100, 0)])
        runner.run_gates(settings, "raw", "run-2", ["payload"])
        assert judged == ["raw.payload"] * 2

    def test_other_new_payloads_are_judged(self, settings: Settings, judged: list[str]) -> None:
        write_ledger(settings, [payload("a", 1, 100, 0)])
        runner.run_gates(settings, "raw", "run-1", ["payload"])
        runner.run_gates(settings, "raw", "run-2", ["payload"], feeds={})
        assert judged == ["raw.payload"] * 2

    def test_a_failed_verdict_does_not_stand(self, settings: Settings, judged: list[str]) -> None:
        write_ledger(settings, [payload("a", 1, 100, 40)])
        first = runner.run_gates(settings, "raw", "run-1", ["payload"])
        assert any(r.blocks for r in first)
        runner.run_gates(settings, "raw", "run-2", ["payload"])
        assert judged == ["raw.payload"] * 2

    def test_another_limit_is_another_verdict(
        self, settings: Settings, judged: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from dataclasses import replace

        write_ledger(settings, [payload("a", 1, 100, 0)])
        runner.run_gates(settings, "raw", "run-1", ["payload"])
        rules = load_catalogue()
        stricter = tuple(replace(r, kwargs={**r.kwargs, "min_value": -7}) for r in rules.table_rules)
        monkeypatch.setattr(runner, "load_catalogue", lambda: replace(rules, table_rules=stricter))
        runner.run_gates(settings, "raw", "run-2", ["payload"])
        assert judged == ["raw.payload"] * 2


class TestFeedsWithoutRows:
    """Of a hundred feeds most homes hold a few: the others' empty tables are not scanned."""

    @pytest.fixture
    def landed(self) -> Any:
        return next(p for p in load_catalogue().profiles if p.suite == "bronze.landed")

    @pytest.fixture
    def bronze(self, settings: Settings) -> Settings:
        from extract.catalogue import FEEDS
        from extract.landing import ensure_bronze

        ensure_bronze(settings, list(FEEDS))
        return settings

    def looked_at(self, settings: Settings, landed: Any) -> set[str]:
        con = duck.connect()
        try:
            return runner._landed_feeds(con, settings, landed)
        finally:
            con.close()

    def test_none_is_looked_at_before_anything_is_landed(self, bronze: Settings, landed: Any) -> None:
        assert self.looked_at(bronze, landed) == set()
        results = runner.run_gates(bronze, "bronze", "run-1")
        assert results
        assert all(r.passed and r.observed == runner.NO_ROWS for r in results)

    def test_a_table_with_rows_the_ledger_does_not_know_is(self, bronze: Settings, landed: Any) -> None:
        from extract.catalogue import feed
        from extract.feed import Payload
        from extract.landing import land
        from tests.contract.samples import offering

        text = b'"Time Stamp","Time Zone","Name","PTID","Load"\n"06/01/2017 00:00:00","EDT","WEST",61752,1500.5\n'
        payload = Payload("nyiso_pal", text, "archive:nyiso/pal/20170601pal.csv", "archive")
        assert land(offering(feed("nyiso_pal"), [payload]), bronze).rows_landed == 1
        write_ledger(bronze, [])
        assert self.looked_at(bronze, landed) == {"nyiso_pal"}
        found = by_rule(runner.run_gates(bronze, "bronze", "run-1"))
        assert not found["BZ01"].passed
        assert found["BZ01"].feed == "nyiso_pal"

    def test_a_missing_table_is_missed(self, bronze: Settings, landed: Any) -> None:
        import shutil

        from extract.catalogue import feed

        shutil.rmtree(bronze.bronze / feed("nyiso_pal").table)
        assert self.looked_at(bronze, landed) == {"nyiso_pal"}
        results = runner.run_gates(bronze, "bronze", "run-1")
        assert all("does not exist" in r.observed for r in results)

    def test_the_whole_is_the_union_of_its_feeds(self, landed: Any) -> None:
        assert landed.of_feeds(set(landed.parts)).sql == landed.sql
        one = landed.of_feeds({"nyiso_pal"})
        assert one.sql.count("union all") == 0
        assert set(one.sources) == {"bronze.nyiso__pal", "bronze.payload"}
