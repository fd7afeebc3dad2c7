"""Settings: an empty environment is enough, and what is not known is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gridlake.errors import ExitCode, UsageError
from gridlake.settings import load_settings


def test_an_empty_environment_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(environ={})
    assert settings.home == tmp_path / ".gridlake"
    assert (settings.origin, settings.target, settings.archive) == ("synthetic", "duckdb", None)
    assert not settings.home.exists()


def test_arguments_go_before_the_environment(tmp_path: Path) -> None:
    environ = {"GRIDLAKE_HOME": "/elsewhere", "GRIDLAKE_ORIGIN": "live", "GRIDLAKE_ARCHIVE": "/files"}
    from_environment = load_settings(environ=environ)
    assert (from_environment.home, from_environment.origin) == (Path("/elsewhere"), "live")
    assert from_environment.archive == Path("/files")
    given = load_settings(home=tmp_path, origin="archive", archive=tmp_path / "a", environ=environ)
    assert (given.home, given.origin, given.archive) == (tmp_path, "archive", tmp_path / "a")


def test_empty_variables_count_as_not_set() -> None:
    unset = {"GRIDLAKE_HOME": "", "GRIDLAKE_ORIGIN": "", "GRIDLAKE_ARCHIVE": "", "GRIDLAKE_TARGET": ""}
    assert load_settings(environ=unset) == load_settings(environ={})


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"GRIDLAKE_ORIGIN": "moon"}, "moon"),
        ({"GRIDLAKE_TARGET": "oracle"}, "oracle"),
        ({"GRIDLAKE_TARGET": "snowflake"}, "built by dbt alone"),
    ],
)
def test_an_unknown_origin_or_target_is_a_usage_error(environ: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError, match=named) as caught:
        load_settings(environ=environ)
    assert caught.value.exit_code == ExitCode.USAGE
    assert any(said in caught.value.remedy for said in ("Use one of", "to one of", "to duckdb"))


def test_an_unknown_layer_is_a_usage_error(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, environ={})
    assert settings.layer_path("gold") == tmp_path / "gold"
    with pytest.raises(UsageError, match="platinum"):
        settings.layer_path("platinum")
