"""The Delta extension is checked once and leaves no door open."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import duckdb
import pytest

from gridlake.delta_extension import _check_signature, open_with_delta


@pytest.fixture(scope="module")
def tampered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the extension with one bit of its code turned."""
    (shipped,) = Path(str(files("duckdb_extension_delta"))).rglob("delta.duckdb_extension")
    copy = tmp_path_factory.mktemp("extension") / "other.duckdb_extension"  # one loaded by its name is not loaded again
    shutil.copyfile(shipped, copy)
    with copy.open("r+b") as file:
        file.seek(copy.stat().st_size // 2)
        byte = file.read(1)[0]
        file.seek(-1, 1)
        file.write(bytes([byte ^ 1]))
    return copy


def test_a_connection_that_reads_delta_loads_nothing_unsigned(tampered: Path) -> None:
    con = open_with_delta()
    loaded = con.execute("select loaded from duckdb_extensions() where extension_name = 'delta'").fetchone()
    assert loaded == (True,)
    with pytest.raises(duckdb.IOException, match=r"signature"):
        con.execute(f"load '{tampered}'")
    with pytest.raises(duckdb.Error, match="allow_unsigned_extensions"):
        con.execute("set allow_unsigned_extensions = true")


def test_a_wrong_signature_is_seen_before_anything_is_loaded(tampered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("duckdb_extensions.import_extension", lambda name, con: None)
    monkeypatch.setattr(
        "gridlake.delta_extension._load", lambda con: con.execute(f"load '{tampered}'")
    )  # what a changed file in its place does
    _check_signature.cache_clear()
    with pytest.raises(duckdb.IOException, match=r"signature"):
        open_with_delta()
    _check_signature.cache_clear()


def test_files_of_one_database_are_opened_side_by_side(tmp_path: Path) -> None:
    one, other = (open_with_delta(str(tmp_path / "w.duckdb")) for _ in range(2))
    one.execute("create table t as select 1 as x")
    assert other.execute("select x from t").fetchone() == (1,)
