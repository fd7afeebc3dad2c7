"""One small synthetic home, built once for all tests of the dbt project."""

from __future__ import annotations

import pytest

from gridlake.settings import Settings, load_settings
from tests.dbt.homes import build, deliver, synthetic_payloads, wide_payloads


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with every model built from the synthetic grid's first weeks and a month of its full width. Read only."""
    settings = load_settings(home=tmp_path_factory.mktemp("dbt") / "home", environ={})
    deliver(settings, (*synthetic_payloads(), *wide_payloads()))
    build(settings)
    return settings
