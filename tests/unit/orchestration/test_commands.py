"""Commands over a home where nothing was ever run, and over damaged landings."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from extract.catalogue import FEEDS
from extract.catalogue import feed as feed_named
from extract.landing import ensure_bronze, land
from gridlake.cli import cli
from gridlake.ops import OpsStore
from gridlake.settings import Settings
from orchestration.quarantine import verify_landing
from orchestration.summary import summarise
from tests.contract.samples import offering
from tests.unit.orchestration.test_plan import ercot


def call(home: Path, *arguments: str) -> Result:
    environment = {"GRIDLAKE_HOME": str(home), "GRIDLAKE_ORIGIN": "", "GRIDLAKE_ARCHIVE": ""}
    return CliRunner().invoke(cli, list(arguments), env=environment)


@pytest.mark.parametrize(
    "command",
    [["status"], ["verify"], ["quarantine", "list"], ["quarantine", "show"], ["quarantine", "replay"]],
    ids=" ".join,
)
def test_an_empty_home_is_a_usage_error_with_a_remedy(tmp_path: Path, command: list[str]) -> None:
    plain = call(tmp_path / "home", *command)
    assert plain.exit_code == 1
    assert str(tmp_path / "home") in plain.stderr
    assert "gridlake run" in plain.stderr
    assert "Traceback" not in plain.output
    machine = call(tmp_path / "home", *command, "--json")
    assert machine.exit_code == 1
    assert "gridlake run" in json.loads(machine.stdout)["error"]["remedy"]
    assert not (tmp_path / "home").exists(), "asking must not make a home"


def test_feeds_are_listed_before_any_run(tmp_path: Path) -> None:
    done = call(tmp_path / "home", "feeds", "--json")
    assert done.exit_code == 0
    rows = json.loads(done.stdout)
    assert {r["feed"] for r in rows} == {f.name for f in FEEDS}
    assert {r["last_landing"] for r in rows} == {None}
    assert all(r["licence"] and r["time_convention"] for r in rows)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--origin", "moon"], "moon"),
        (["run", "--origin", "archive"], "No archive directory"),
        (["run", "--feeds", "no_such_feed"], "no_such_feed"),
        (["run", "--from", "2024-01-01"], "--from"),
        (["run", "--no-land"], "Nothing was ever landed"),
        (["run", "--no-land", "--feeds", "nyiso_pal"], "--no-land asks no source"),
        (["run", "--origin", "archive", "--to", "2024-01-01"], "--from and --to"),
        (["run", "--origin", "live", "--from", "yesterday"], "YYYY-MM-DD"),
        (["run", "--origin", "live", "--from", "2024-01-02", "--to", "2024-01-01"], "earlier day first"),
        (["run", "--origin", "live", "--feeds", "pjm_hrl_load_metered"], "does not offer"),
        (["quarantine", "burn"], "burn"),
        (["quarantine", "list", "--feed", "nyiso_pla"], "Did you mean nyiso_pal"),
        (["quarantine", "show", "--rule", "ZZ99"], "There is no rule 'ZZ99'"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_what_cannot_be_run_is_refused_before_anything_is_built(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = call(tmp_path / "home", *arguments)
    assert done.exit_code in (1, 2)  # click's own 2 becomes 1 in `main`
    assert said in done.output
    assert "Traceback" not in done.output
    assert not (tmp_path / "home" / "gold").exists()


def test_the_summary_of_an_empty_home_is_empty(home: Callable[..., Settings]) -> None:
    settings = home()
    document = summarise(settings, OpsStore(settings.ops_db), "none", published=False)
    assert (document["feeds"], document["gates"], document["skill"]) == ([], [], [])
    assert document["published"]["snapshot_id"] is None
    assert json.dumps(document)


class TestVerify:
    @pytest.fixture
    def settings(self, home: Callable[..., Settings]) -> Settings:
        made = home()
        ensure_bronze(made, list(FEEDS))
        land(offering(feed_named("synthetic_load"), ercot()[:2]), made)
        return made

    def test_landed_bytes_are_those_received(self, settings: Settings) -> None:
        assert verify_landing(settings) == (2, [])
        kept = {gzip.decompress(p.read_bytes()) for p in settings.landing.rglob("*.gz")}
        assert kept == {p.data for p in ercot()[:2]}

    @pytest.mark.parametrize("damage", ["flipped", "cut", "other", "gone"])
    def test_damage_is_named_with_feed_and_address(self, settings: Settings, damage: str) -> None:
        payload = ercot()[0]
        file = settings.landing / payload.sha256[:2] / f"{payload.sha256}.gz"
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0xFF
        {
            "flipped": lambda: file.write_bytes(bytes(data)),
            "cut": lambda: file.write_bytes(file.read_bytes()[: len(data) // 2]),
            "other": lambda: file.write_bytes(gzip.compress(b"other")),
            "gone": file.unlink,
        }[damage]()
        checked, (problem,) = verify_landing(settings)
        assert checked == 2
        assert "synthetic_load" in problem
        assert payload.api_endpoint in problem
