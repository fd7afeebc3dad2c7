"""A real Cube over the sample: `npm ci` in this folder brings it, Node runs it."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gridlake.settings import Settings
from gridlake.snapshot import Snapshot
from semantic.cube_api import CubeApi
from tests.conftest import need
from tests.unit.semantic.conftest import engine, gold, published

__all__ = ["engine", "gold", "published"]
HERE = Path(__file__).parent
SECRET = "a secret of the test"
ENVIRONMENT = {
    "NODE_ENV": "production", "CUBEJS_API_SECRET": SECRET, "CUBEJS_TELEMETRY": "false", "CUBEJS_LOG_LEVEL": "error",
    "CUBEJS_TESSERACT_SQL_PLANNER": "false", "CUBEJS_PG_SQL_PORT": "false", "CUBEJS_CACHE_AND_QUEUE_DRIVER": "memory",
    "CUBEJS_PRE_AGGREGATIONS_BUILDER": "true", "PORT": "0",
}  # fmt: skip


def start_cube(node: str, home: Path) -> tuple[subprocess.Popen[str], str]:
    """A server over `home` in production mode, and its address once it listens."""
    process = subprocess.Popen(
        [node, "--require", str(HERE / "native.js"), str(HERE / "server.js")],
        env=os.environ | ENVIRONMENT | {"GRIDLAKE_HOME": str(home)}, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        ready, _, _ = select.select([process.stdout], [], [], 1.0)
        line = process.stdout.readline() if ready else ""
        if line.startswith("listening"):
            return process, f"http://127.0.0.1:{line.split()[1]}/cubejs-api/v1"
    process.kill()
    raise AssertionError(f"Cube did not start (exit {process.poll()})")


@pytest.fixture(scope="session")
def cube_home(published: tuple[Settings, Snapshot], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sample's home, so that a test may publish there."""
    return Path(shutil.copytree(published[0].home, tmp_path_factory.mktemp("cube") / "home"))


@pytest.fixture(scope="session")
def cube_url(node_path: str, cube_home: Path) -> Iterator[str]:
    installed = (HERE / "node_modules" / "@cubejs-backend" / "server").is_dir()
    need("node", installed, "Cube is not installed: run `npm ci` in tests/cube")
    process, url = start_cube(node_path, cube_home)
    yield url
    process.terminate()
    process.wait(timeout=120)


@pytest.fixture(scope="session")
def cube(cube_url: str) -> Callable[..., CubeApi]:
    """The server as a token with these claims sees it."""
    return lambda claims: CubeApi(cube_url, SECRET, claims)
