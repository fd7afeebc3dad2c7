"""What is generated from the feeds' declarations: it is up to date, and it is SQL that says what was declared."""

from __future__ import annotations

import duckdb
import pytest

from extract import generate
from extract.catalogue import FEEDS
from extract.emit import SUBJECTS


def test_generated_files_are_up_to_date() -> None:
    """After a change of a feed: `python -m extract.generate`."""
    assert generate.stale(generate.files()) == []


@pytest.mark.parametrize("subject", sorted(SUBJECTS))
def test_every_subject_has_one_branch_for_each_declaration(subject: str) -> None:
    declared = sum(emit.subject == subject for feed in FEEDS for emit in feed.emits)
    text = generate.received_model(subject)
    assert text.count(" as feed,") == max(declared, 1)
    assert text.count("union all") == max(declared - 1, 0)


def test_a_subject_nobody_speaks_of_is_an_empty_table() -> None:
    columns = duckdb.connect().execute(generate._empty_select("phasor")).description
    assert [c[0] for c in columns][:3] == ["feed", "source_system", "region_id"]


def test_a_stale_file_and_one_too_many_are_named(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(generate, "BRONZE", tmp_path)
    monkeypatch.setattr(generate, "RECEIVED", tmp_path / "received")
    (tmp_path / "stg_gone__feed.sql").write_text("select 1")
    (tmp_path / "stg_kept__feed.sql").write_text("old")
    found = generate.stale([(tmp_path / "stg_kept__feed.sql", "new")])
    assert {path.name for path in found} == {"stg_gone__feed.sql", "stg_kept__feed.sql"}


def test_feeds_the_gates_look_at_have_columns_they_name() -> None:
    import yaml

    for record in yaml.safe_load(generate.gated_feeds()):
        feed = next(f for f in FEEDS if f.name == record["feed"])
        names = {c.name for c in feed.contract.columns}
        assert {record["key"], record["stamp"], *record["columns"]} <= names
