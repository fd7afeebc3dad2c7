"""Refused rows after a parser was mended: what comes free, and that doing it again does nothing."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from extract import replay as reparse
from extract.catalogue import feed as feed_named
from extract.feed import Parsed, Payload
from extract.landing import bronze_path, ensure_bronze, land
from gridlake import lake
from gridlake.settings import Settings
from tests.contract.samples import offering

HEAD = "Time Stamp,Time Zone,Name,PTID,Load\n"
LINES = [f"01/15/2017 {hour:02d}:00:00,EST,WEST,61752,{1500 + hour}\n" for hour in range(24)]


def day(*, odd_stamp: bool = False) -> Payload:
    lines = list(LINES)
    if odd_stamp:  # and once more the hour before, which is an exact duplicate
        lines[5] = lines[5].replace("05:00:00", "05h00")
        lines.append(lines[4].replace("04:00:00", "04h00"))
    return Payload("nyiso_pal", (HEAD + "".join(lines)).encode(), "archive:nyiso/pal/20170115pal.csv", "archive")


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Mends the parser: from now on it reads `05h00` too."""
    feed = feed_named("nyiso_pal")
    read = feed.parse

    def reads_more(payload: Payload) -> Parsed:
        return read(
            Payload(payload.feed, payload.data.replace(b"h00", b":00:00"), payload.api_endpoint, payload.origin)
        )

    return lambda: monkeypatch.setattr(feed, "parse", reads_more, raising=False)


def table(settings: Settings, name: str) -> pl.DataFrame:
    frame = pl.from_arrow(lake.open_table(settings.bronze / name).to_pyarrow_table())
    assert isinstance(frame, pl.DataFrame)
    return frame


@pytest.fixture
def refused(home: Callable[..., Settings]) -> Settings:
    settings, feed = home(origin="archive"), feed_named("nyiso_pal")
    ensure_bronze(settings, [feed])
    landing = land(offering(feed, [day(odd_stamp=True)]), settings)
    assert (landing.rows_read, landing.rows_landed, landing.rows_refused) == (25, 23, 2)
    return settings


def counts(settings: Settings) -> tuple[int, int, int, int]:
    (row,) = table(settings, "payload").to_dicts()
    return row["rows_read"], row["rows_landed"], row["rows_duplicate"], row["rows_refused"]


def test_without_a_fix_nothing_comes_free(refused: Settings) -> None:
    (told,) = reparse.reparse_refused(refused)
    assert (told.rows_refused, told.rows_free) == (2, 0)
    assert counts(refused) == (25, 23, 0, 2)


def test_a_mended_parser_places_what_it_refused(refused: Settings, mended: Callable[[], None]) -> None:
    mended()
    (told,) = reparse.reparse_refused(refused)
    assert told.rows_free == 2
    assert counts(refused) == (25, 24, 1, 0)
    assert table(refused, "refused").height == 0
    rows = table(refused, "nyiso__pal")
    assert rows.height == 24
    assert rows["payload_sha256"].n_unique() == 1
    assert reparse.reparse_refused(refused) == []


def test_a_replay_killed_after_its_rows_is_finished_by_the_next(
    refused: Settings, mended: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mended()
    with monkeypatch.context() as patch:
        patch.setattr(lake, "replace_rows", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            reparse.reparse_refused(refused)
    assert lake.open_table(bronze_path(refused, feed_named("nyiso_pal"))).to_pyarrow_table().num_rows == 24
    reparse.reparse_refused(refused)
    assert table(refused, "nyiso__pal").height == 24
    assert counts(refused) == (25, 24, 1, 0)


def test_bytes_that_are_gone_are_said_to_be(refused: Settings, mended: Callable[[], None]) -> None:
    mended()
    for file in refused.landing.rglob("*.gz"):
        file.unlink()
    (told,) = reparse.reparse_refused(refused)
    assert told.note
    assert counts(refused) == (25, 23, 0, 2)
