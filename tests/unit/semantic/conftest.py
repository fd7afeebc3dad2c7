"""One published sample for all tests of the semantic layer and of what reads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gridlake.settings import Settings
from gridlake.snapshot import Snapshot, connect_snapshot
from semantic.engine import Engine
from tests.unit.semantic.sample import publish_sample


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Snapshot]:
    return publish_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def engine(published: tuple[Settings, Snapshot]) -> Engine:
    return Engine(published[1])


@pytest.fixture(scope="session")
def gold(published: tuple[Settings, Snapshot]) -> Iterator[Any]:
    """Plain SQL over the same snapshot, for answers found without the engine."""
    con = connect_snapshot(published[1])
    yield con
    con.close()
