"""The contract every feed passes, on the operators' own files and on the synthetic grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from extract.catalogue import FEEDS
from extract.catalogue import feed as feed_named
from extract.feed import REFUSED_SCHEMA, Feed, Payload
from extract.landing import Landing, bronze_path, land
from gridlake import lake
from gridlake.errors import PayloadRefused
from gridlake.settings import Settings
from gridlake.times import HOUR, local_day_utc
from tests.contract import samples
from tests.contract.samples import ARCHIVE_SAMPLES, SYNTHETIC_SAMPLES, Sample, offering, rewritten


class Case:
    """A feed with the payloads that stand for it."""

    def __init__(self, sample: Sample, payloads: tuple[Payload, ...]) -> None:
        self.sample, self.payloads = sample, payloads
        self.feed: Feed = feed_named(sample.feed)
        self.origin = payloads[0].origin

    def smallest(self) -> Payload:
        return min(self.payloads, key=lambda p: len(p.data))

    def header_column(self, payload: Payload, name: str) -> str:
        """`name`, or the older header for it that this payload uses."""
        header = next(iter(samples.texts(payload).values())).splitlines()[self.sample.header_rows - 1]
        return name if name in [field.strip('"') for field in header.split(",")] else "Gen MWh"


@pytest.fixture(scope="module", params=[*ARCHIVE_SAMPLES, *SYNTHETIC_SAMPLES], ids=lambda s: s.feed)
def case(request: pytest.FixtureRequest) -> Case:
    sample: Sample = request.param
    if sample in ARCHIVE_SAMPLES:
        payloads = samples.archive_sample(sample, request.getfixturevalue("archive"))
    else:
        payloads = samples.synthetic_sample(sample)
    assert {p.name for p in payloads} == set(sample.names), "the sample's files are not all there"
    return Case(sample, payloads)


def bronze(settings: Settings, feed: Feed) -> pl.DataFrame:
    frame = pl.from_arrow(lake.open_table(bronze_path(settings, feed)).to_pyarrow_table())
    assert isinstance(frame, pl.DataFrame)
    return frame


def content(frame: pl.DataFrame) -> pl.DataFrame:
    """Bronze without what differs from landing to landing."""
    return frame.drop("request_id", "ingested_at_utc").sort("payload_sha256", "source_member", "row_number")


def landed(case: Case, settings: Settings, payloads: list[Payload] | None = None) -> Landing:
    return land(offering(case.feed, case.payloads if payloads is None else payloads), settings)


def test_every_feed_has_a_sample() -> None:
    assert {s.feed for s in (*ARCHIVE_SAMPLES, *SYNTHETIC_SAMPLES)} == {f.name for f in FEEDS}


class TestFeed:
    def test_parsed_rows_have_the_columns_the_feed_declares(self, case: Case) -> None:
        types = {"text": pl.String, "timestamp": pl.Datetime("us")}
        for payload in case.payloads:
            rows = case.feed.parse(payload).rows
            assert {c.name: rows.schema[c.name] for c in case.feed.columns} == {
                c.name: types[c.type] for c in case.feed.columns
            }
            never_null = [c.name for c in case.feed.columns if not c.nullable]
            assert sum(rows.select(pl.col(never_null).null_count()).row(0)) == 0 if never_null else True

    def test_every_data_row_of_the_file_is_read_and_accounted_for(self, case: Case) -> None:
        for payload in case.payloads:
            lines = sum(
                sum(1 for line in text.splitlines() if line.strip()) - case.sample.header_rows
                for text in samples.texts(payload).values()
            )
            parsed = case.feed.parse(payload)
            assert parsed.rows_read == lines == parsed.rows.height + parsed.refused.height
            assert parsed.refused.schema == pl.Schema(REFUSED_SCHEMA)

    def test_intervals_end_after_they_start_and_lie_in_the_declared_window(self, case: Case) -> None:
        if not case.feed.partitioned:
            assert all(case.feed.parse(p).window is None for p in case.payloads)
            return
        for payload in case.payloads:
            parsed = case.feed.parse(payload)
            if "interval_end_utc" in parsed.rows.columns:
                assert (parsed.rows["interval_end_utc"] > parsed.rows["interval_start_utc"]).all()
            assert parsed.window is not None
            assert parsed.window[0] < parsed.window[1]
            is_forecast = case.feed.subject == "load_forecast" or "load_forecast" in payload.path.parts
            if not is_forecast:  # a forecast's horizon reaches beyond the days of its issue
                start = parsed.rows["interval_start_utc"]
                assert parsed.window[0] <= start.min() <= start.max() < parsed.window[1]

    def test_landing_twice_changes_nothing(self, case: Case, home: Callable[..., Settings]) -> None:
        settings = home(origin=case.origin)
        first = landed(case, settings)
        before = content(bronze(settings, case.feed))
        second = landed(case, settings)
        assert (first.state, second.state) == ("landed", "unchanged")
        assert first.version == second.version
        assert first.rows_read == first.rows_landed + first.rows_duplicate + first.rows_refused
        assert before.height == first.rows_landed
        assert content(bronze(settings, case.feed)).equals(before)

    def test_order_of_payloads_does_not_matter(self, case: Case, home: Callable[..., Settings]) -> None:
        one, other = home(origin=case.origin), home(origin=case.origin)
        other = replace(other, home=other.home / "shuffled")
        payloads = list(case.payloads)
        if len(payloads) == 1:
            payloads = [rewritten(payloads[0], samples.on_table(lambda table: table, keep=n)) for n in (60, 200)]
        landed(case, one, payloads)
        landed(case, other, payloads[::-1])
        assert content(bronze(one, case.feed))["payload_sha256"].n_unique() == len(payloads)
        assert content(bronze(one, case.feed)).equals(content(bronze(other, case.feed)))

    @pytest.mark.parametrize("damage", ["dropped column", "emptied", "header only", "truncated", "one byte short"])
    def test_a_damaged_payload_is_refused_whole(self, case: Case, home: Callable[..., Settings], damage: str) -> None:
        good = case.smallest()
        packed = samples.is_zip(good) or samples.is_gzip(good)
        if damage in ("truncated", "one byte short") and not packed:
            packed_ones = [p for p in case.payloads if samples.is_zip(p) or samples.is_gzip(p)]
            good = packed_ones[0] if packed_ones else _zipped(good)
        column = case.header_column(good, case.sample.value_column)
        damages: dict[str, Callable[[], Payload]] = {
            "dropped column": lambda: rewritten(good, samples.without_column(column, case.sample.header_rows)),
            "emptied": lambda: rewritten(good, lambda text: ""),
            "header only": lambda: rewritten(good, samples.only_header(case.sample.header_rows)),
            "truncated": lambda: replace(good, data=good.data[: len(good.data) * 2 // 3]),
            "one byte short": lambda: replace(good, data=good.data[:-1]),
        }
        damaged = damages[damage]()
        settings = home(origin=case.origin)
        sound = [rewritten(case.smallest(), samples.on_table(lambda table: table, keep=50))]
        landed(case, settings, sound)
        version, before = lake.open_table(bronze_path(settings, case.feed)).version(), bronze(settings, case.feed)
        result = landed(case, settings, [damaged, *sound])
        assert result.state == "stale"
        assert case.feed.name in result.message
        assert damaged.name in result.message
        assert result.remedy
        if damage == "dropped column":
            assert column in result.message
        assert lake.open_table(bronze_path(settings, case.feed)).version() == version
        assert bronze(settings, case.feed).equals(before)
        with pytest.raises(PayloadRefused):
            case.feed.parse(damaged)

    def test_a_row_that_cannot_be_placed_is_refused_and_the_rest_goes_on(self, case: Case) -> None:
        good = case.smallest()
        value = "" if case.sample.refused_as == "L02" else "not a time"
        spoiled = rewritten(good, samples.with_cell(case.sample.key_column, case.sample.header_rows, value))
        sound = rewritten(good, samples.on_table(lambda table: table))
        expected, parsed = case.feed.parse(sound), case.feed.parse(spoiled)
        assert parsed.refused.height == expected.refused.height + 1
        assert parsed.rows_read == expected.rows_read
        refused = parsed.refused.row(0, named=True)
        assert (refused["rule_id"], refused["row_number"]) == (case.sample.refused_as, 3)
        assert refused["reason"]
        assert value in refused["raw_record"]

    def test_an_unreadable_value_is_kept_as_received(self, case: Case) -> None:
        good = case.smallest()
        column = case.header_column(good, case.sample.value_column)
        parsed = case.feed.parse(rewritten(good, samples.with_cell(column, case.sample.header_rows, "1e6 MW?")))
        row = parsed.rows.filter(pl.col("row_number") == 3).sort("source_member")
        assert "1e6 MW?" in row[case.sample.value_name].to_list()

    def test_an_unknown_column_is_tolerated_and_reported(self, case: Case, caplog: pytest.LogCaptureFixture) -> None:
        good = case.smallest()
        if case.sample.header_rows > 1:
            extra = rewritten(
                good, samples.on_table(lambda t: [[*row, "NEWCODE" if i < 2 else "7"] for i, row in enumerate(t)])
            )
        else:
            extra = rewritten(good, samples.with_column("NEWCODE"))
        plain = rewritten(good, samples.on_table(lambda table: table))
        assert case.feed.parse(extra).rows.equals(case.feed.parse(plain).rows)
        assert any("NEWCODE" in record.getMessage() for record in caplog.records)

    def test_days_of_23_and_25_hours_keep_every_hour(self, case: Case) -> None:
        sample = case.sample
        if sample.short_day is None or sample.long_day is None:
            pytest.skip("the recorded files of this feed hold no day with a clock change (see the property tests)")
        rows = pl.concat([case.feed.parse(p).rows.select(*sample.series, "interval_start_utc") for p in case.payloads])
        for day, hours in ((sample.short_day, 23), (sample.long_day, 25)):
            start, end = local_day_utc(day, sample.timezone)
            assert (end - start) / HOUR == hours
            of_day = rows.filter(pl.col("interval_start_utc").is_between(start, end, closed="left"))
            seen = of_day.group_by(sample.series).agg(
                pl.col("interval_start_utc").dt.truncate("1h").n_unique().alias("hours")
            )
            assert seen.height > 0
            assert seen["hours"].max() == hours
            whole = seen.filter(pl.col("hours") == hours).height
            assert whole >= 0.6 * seen.height, "most series hold every hour of the day"


def _zipped(payload: Payload) -> Payload:
    """A plain file in a zip beside its name, as an operator may ship it."""
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(payload.name, payload.data)
    return replace(payload, data=buffer.getvalue(), api_endpoint=f"{payload.api_endpoint}.zip")
