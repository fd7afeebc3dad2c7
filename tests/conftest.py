"""Fixtures all tests share. What a test needs beyond Python is asked for here, so that one rule decides skip or fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from gridlake.settings import PROJECT_ROOT, Settings, load_settings

REQUIRED = {name.strip() for name in os.environ.get("GRIDLAKE_REQUIRE", "").split(",") if name.strip()}

# Files are tested by several processes side by side: each has its own folder of compiled SQL.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["DBT_TARGET_PATH"] = str(PROJECT_ROOT / "target" / worker)

# The same examples every time, so that a red test is the change's own; HYPOTHESIS_PROFILE=explore looks for new ones.
hypothesis_settings.register_profile("same", derandomize=True, deadline=None)
hypothesis_settings.register_profile("explore", derandomize=False, print_blob=True)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def need(what: str, found: bool, reason: str) -> None:
    """Skip with `reason` when `what` is not here — or fail, where GRIDLAKE_REQUIRE names it."""
    if found:
        return
    if what in REQUIRED:
        pytest.fail(f"GRIDLAKE_REQUIRE asks for '{what}': {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def archive() -> Path:
    """The directory of recorded operator files: $GRIDLAKE_ARCHIVE, else ../shared/data beside the checkout."""
    path = Path(os.environ.get("GRIDLAKE_ARCHIVE") or PROJECT_ROOT.parent / "shared" / "data")
    need("archive", path.is_dir(), f"no recorded operator files at {path}")
    return path


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Path of a Chromium that Playwright may drive."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
    need("browser", bool(found), "no chromium on this machine (Debian: apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def node_path() -> str:
    found = shutil.which("node") or ""
    need("node", bool(found), "no node on this machine")
    return found


@pytest.fixture
def home(tmp_path: Path) -> Callable[..., Settings]:
    """Settings over a fresh GRIDLAKE_HOME; keyword arguments as for `load_settings`."""

    def make(**arguments: object) -> Settings:
        return load_settings(home=tmp_path / "home", environ={}, **arguments)  # type: ignore[arg-type]

    return make
