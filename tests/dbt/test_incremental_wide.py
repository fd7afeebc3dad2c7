"""Every dataset of the synthetic grid in three chunks, in no order: the same tables as all at once. Minutes: `make test-slow`.

`test_incremental` shows what late and replaced deliveries do to load, prices and generation; here are ties, reserves, telemetry,
meters, outages and the grid as well.
"""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from extract.feed import Payload
from gridlake.settings import Settings, load_settings
from tests.dbt.homes import build, deliver, tables, wide_payloads
from tests.dbt.test_incremental import read

CHUNKS = 3
# When a list that tells no publication was received: another instant in every home.
RECEIVED = ["valid_from_utc", "valid_to_utc"]


def in_chunks(payloads: tuple[Payload, ...], seed: int) -> list[list[Payload]]:
    """Payloads dealt at random; of one address each delivery stays behind the one before, for a later one replaces it."""
    draw = random.Random(seed)
    drawn: dict[str, list[int]] = {}
    for payload in payloads:
        drawn.setdefault(payload.api_endpoint, []).append(draw.randrange(CHUNKS))
    ranks = {address: iter(sorted(chunks)) for address, chunks in drawn.items()}
    dealt: list[list[Payload]] = [[] for _ in range(CHUNKS)]
    for payload in payloads:
        dealt[next(ranks[payload.api_endpoint])].append(payload)
    return dealt


def built(home: Path, chunks: list[list[Payload]]) -> Settings:
    settings = load_settings(home=home, environ={})
    for chunk in chunks:
        deliver(settings, chunk)
        build(settings, select=["fqn:*"])  # data tests are the other tests' business
    return settings


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_three_chunks_in_no_order_equal_all_at_once(tmp_path: Path) -> None:
    payloads = wide_payloads()
    dealt = in_chunks(payloads, seed=3)
    assert all(len({p.feed for p in chunk}) > 3 for chunk in dealt)
    at_once = built(tmp_path / "at_once", [list(payloads)])
    found = built(tmp_path / "chunks", dealt)
    filled, differing = 0, {}
    for name in tables(at_once):
        layer, table = name.split(".")
        expected, got = (read(home.layer_path(layer) / table).select(pl.exclude(RECEIVED)) for home in (at_once, found))
        filled += expected.height > 0
        try:
            assert_frame_equal(got, expected, rel_tol=1e-9, abs_tol=1e-9)
        except AssertionError as difference:
            differing[name] = str(difference)[:500]
    assert differing == {}
    assert filled >= 60
