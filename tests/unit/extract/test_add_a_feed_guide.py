"""The guide's example runs as printed and does what the guide says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

import polars as pl
import pytest

from extract.feed import Feed, Payload
from extract.landing import land
from gridlake.errors import PayloadRefused
from gridlake.settings import PROJECT_ROOT, Settings
from gridlake.times import local_day_utc

GUIDE = (PROJECT_ROOT / "docs" / "add-a-feed.md").read_text()


@pytest.fixture(scope="module")
def example() -> Feed:
    blocks = re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL)
    assert len(blocks) == 1
    namespace: dict[str, object] = {"__name__": "guide"}
    exec(compile(blocks[0], "docs/add-a-feed.md", "exec"), namespace)
    feed_class = namespace["StationTemperature"]
    assert isinstance(feed_class, type)
    made = feed_class()
    assert isinstance(made, Feed)
    return made


def test_the_example_lands_from_an_archive(example: Feed, home: Callable[..., Settings], tmp_path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "archive" / "example" / "temperature"
    folder.mkdir(parents=True)
    (folder / "20171105temperature.csv").write_text(
        "Station,Hour Ending,Temp,Colour\nA,11/05/2017 01:00,1,red\nA,11/05/2017 01:00,warm,red\n"
        "A,noon,3,red\n,11/05/2017 02:00,4,red\n"
    )
    settings = home(origin="archive", archive=tmp_path / "archive")
    result = land(example, settings)
    assert (result.state, result.rows_read, result.rows_landed, result.rows_refused) == ("landed", 4, 2, 2)
    assert land(example, settings).state == "unchanged"


def test_the_example_places_and_refuses_as_the_guide_says(example: Feed) -> None:
    text = (
        b"Station,Hour Ending,Temp (C)\nA,11/05/2017 01:00,1\nA,11/05/2017 01:00,warm\nA,noon,3\n,11/05/2017 02:00,4\n"
    )
    parsed = example.parse(
        Payload(example.name, text, "archive:example/temperature/20171105temperature.csv", "archive")
    )
    assert parsed.rows.select("interval_end_utc", "temperature").rows() == [
        (datetime(2017, 11, 5, 6), "1"), (datetime(2017, 11, 5, 7), "warm"),
    ]  # fmt: skip
    assert parsed.refused.sort("row_number")["rule_id"].to_list() == ["L01", "L02"]
    assert parsed.window == local_day_utc(date(2017, 11, 5), "America/Chicago")
    assert parsed.rows.schema["temperature"] == pl.String
    with pytest.raises(PayloadRefused, match="Station"):
        example.parse(Payload(example.name, b"Hour Ending,Temp\n", "archive:example/temperature/x.csv", "archive"))


def test_files_the_guide_names_exist() -> None:
    for path in re.findall(r"`((?:extract|tests|dbt_project)/[\w/.-]+)`", GUIDE):
        assert (PROJECT_ROOT / path).exists(), path
