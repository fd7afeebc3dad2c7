"""The contract every feed passes, on the operators' own files and on the synthetic grid."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from extract.catalogue import FEEDS
from extract.feed import REFUSED_SCHEMA, Feed, Payload
from extract.landing import Landing, bronze_path, land
from gridlake import lake
from gridlake.errors import PayloadRefused
from gridlake.settings import Settings
from tests.contract import samples, surgery
from tests.contract.conftest import Case
from tests.contract.samples import ALL_SAMPLES, offering


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
    assert sorted([*(s.feed for s in ALL_SAMPLES), *samples.WITHOUT_SAMPLE]) == sorted(f.name for f in FEEDS)


class TestFeed:
    def test_parsed_rows_have_the_columns_the_feed_declares(self, case: Case) -> None:
        types = {"text": pl.String, "timestamp": pl.Datetime("us")}
        for payload in case.payloads:
            rows = case.parsed(payload).rows
            assert {c.name: rows.schema[c.name] for c in case.feed.columns} == {
                c.name: types[c.type] for c in case.feed.columns
            }
            never_null = [c.name for c in case.feed.columns if not c.nullable]
            assert sum(rows.select(pl.col(never_null).null_count()).row(0)) == 0 if never_null else True

    def test_every_row_read_is_accounted_for(self, case: Case) -> None:
        for payload in case.payloads:
            parsed = case.parsed(payload)
            assert parsed.rows_read == parsed.rows.height + parsed.refused.height > 0
            assert parsed.refused.schema == pl.Schema(REFUSED_SCHEMA)
            if parsed.refused.height:
                assert parsed.refused["reason"].str.len_chars().min() > 5

    def test_rows_read_are_the_rows_of_the_file(self, case: Case) -> None:
        if not isinstance(case.format, surgery.CsvFormat | surgery.JsonFormat) or case.sample.rows_differ:
            pytest.skip("rows of this file are counted by its own tests")
        for payload in case.payloads:
            if surgery.is_zip(payload):
                continue
            assert case.parsed(payload).rows_read == case.format.rows(payload)

    def test_intervals_end_after_they_start_and_lie_in_the_declared_window(self, case: Case) -> None:
        for payload in case.payloads:
            parsed = case.parsed(payload)
            if not case.feed.partitioned:
                assert parsed.window is None
                continue
            if "interval_end_utc" in parsed.rows.columns:
                assert (parsed.rows["interval_end_utc"] > parsed.rows["interval_start_utc"]).all()
            if parsed.window is None:
                assert case.sample.declares_no_window
                continue
            assert parsed.window[0] < parsed.window[1]
            if not case.sample.reaches_beyond_window:
                start = parsed.rows["interval_start_utc"]
                assert parsed.window[0] <= start.min() <= start.max() < parsed.window[1]  # type: ignore[operator]

    def test_landing_twice_changes_nothing(self, case: Case, home: Callable[..., Settings]) -> None:
        settings = home(origin=case.origin)
        first = landed(case, settings)
        before = content(bronze(settings, case.feed))
        second = landed(case, settings, [*case.payloads, case.payloads[0]])
        assert (first.state, second.state) == ("landed", "unchanged")
        assert first.version == second.version
        assert first.rows_read == first.rows_landed + first.rows_duplicate + first.rows_refused
        assert before.height == first.rows_landed
        assert content(bronze(settings, case.feed)).equals(before)

    def test_stored_bytes_are_parsed_to_the_same_rows(self, case: Case, home: Callable[..., Settings]) -> None:
        import gzip

        from extract.landing import store_payload

        payload = case.smallest()
        stored = gzip.decompress(store_payload(home(origin=case.origin), payload).read_bytes())
        assert stored == payload.data
        assert case.feed.parse(replace(payload, data=stored)).rows.equals(case.parsed(payload).rows)

    def test_order_of_payloads_does_not_matter(self, case: Case, home: Callable[..., Settings]) -> None:
        one, other = home(origin=case.origin), home(origin=case.origin)
        other = replace(other, home=other.home / "shuffled")
        payloads = list(case.payloads)
        if len(payloads) == 1 and case.format is not None:
            payloads = [case.format.head(payloads[0], n) for n in (6, 12)]
        landed(case, one, payloads)
        landed(case, other, payloads[::-1])
        assert content(bronze(one, case.feed))["payload_sha256"].n_unique() == len({p.sha256 for p in payloads})
        assert content(bronze(one, case.feed)).equals(content(bronze(other, case.feed)))

    @pytest.mark.parametrize(
        "damage", ["emptied", "blank", "truncated", "one byte short", "NUL bytes", "another encoding", "an error page"]
    )
    def test_a_damaged_payload_is_refused_whole(self, case: Case, home: Callable[..., Settings], damage: str) -> None:
        good = case.short()
        packed = surgery.is_zip(good) or surgery.is_gzip(good)
        if damage == "one byte short" and not packed:
            good = _zipped(good)
        plain = surgery.first_member(good)
        damaged = {
            "emptied": lambda: surgery.packed_again(good, b"") if packed else replace(good, data=b"\n"),
            "blank": lambda: replace(good, data=b" \n \n"),
            "truncated": lambda: _truncated(case, good),
            "one byte short": lambda: replace(good, data=good.data[:-1]),
            "NUL bytes": lambda: surgery.packed_again(good, plain[: len(plain) // 2] + bytes(16) + plain[len(plain) // 2 :]),
            "another encoding": lambda: replace(good, data=plain.decode("latin-1").encode("utf-16")),
            "an error page": lambda: replace(good, data=b"<html><body>503 Service Unavailable</body></html>"),
        }[damage]()  # fmt: skip
        _refused_whole(case, home(origin=case.origin), damaged)

    def test_a_missing_column_is_named(self, case: Case, home: Callable[..., Settings]) -> None:
        column = case.sample.value_column
        if case.sample.value_is_optional:
            pytest.skip("the source does not print this column in every file")
        damaged = case.editable().without_column(case.short(), column)
        message = _refused_whole(case, home(origin=case.origin), damaged)
        assert column.strip() in message

    def test_no_rows_are_refused(self, case: Case, home: Callable[..., Settings]) -> None:
        damaged = case.editable().head(case.short(), 0)
        _refused_whole(case, home(origin=case.origin), damaged)

    def test_a_row_that_cannot_be_placed_is_refused_and_the_rest_goes_on(self, case: Case) -> None:
        sound = case.short()
        value = "" if case.sample.refused_as == "L02" else "not a time"
        spoiled = case.editable().with_cell(sound, case.sample.key_column, 3, value)
        expected, parsed = case.feed.parse(sound), case.feed.parse(spoiled)
        assert parsed.rows_read == expected.rows_read
        assert parsed.refused.height > expected.refused.height
        known = expected.refused.select("source_member", "row_number")
        refused = parsed.refused.join(known, on=["source_member", "row_number"], how="anti")
        assert set(refused["rule_id"]) == {case.sample.refused_as}
        assert parsed.rows.height + parsed.refused.height == expected.rows.height + expected.refused.height
        kept = parsed.rows.join(refused, on=["source_member", "row_number"], how="semi")
        assert kept.height == 0

    def test_an_unreadable_value_is_kept_as_received(self, case: Case) -> None:
        changed = case.editable().with_cell(case.short(), case.sample.value_column, 3, "1e6 MW?")
        assert "1e6 MW?" in case.feed.parse(changed).rows[case.sample.value_name].to_list()

    def test_an_unknown_column_is_kept_and_reported(self, case: Case) -> None:
        good = case.short()
        extra = case.editable().with_column(good, "NEWCODE")
        plain = case.editable().head(good, surgery.KEPT_ROWS)
        found, expected = case.feed.parse(extra), case.feed.parse(plain)
        own = [c.name for c in case.feed.columns]
        assert found.rows.select(own).equals(expected.rows.select(own))
        assert any("NEWCODE" in name for name in found.unknown)
        assert found.rows["unknown_cells"].str.contains("NEWCODE").all()

    def test_random_damage_lands_no_wrong_row_and_is_always_explained(self, case: Case) -> None:
        """Bytes cut out, doubled, exchanged or overwritten: a refusal that names the feed, or rows placed in real intervals."""
        good = case.small()
        data = surgery.first_member(good) if not surgery.is_zip(good) else good.data

        @hypothesis_settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(seed=st.integers(0, 2**32 - 1))
        def damaged(seed: int) -> None:
            draw = random.Random(seed)
            bad = _damage(data, draw)
            payload = replace(good, data=bad) if surgery.is_zip(good) else surgery.packed_again(good, bad)
            try:
                parsed = case.feed.parse(payload)
            except PayloadRefused as refusal:
                refusals.append(refusal)
                return
            assert parsed.rows_read == parsed.rows.height + parsed.refused.height
            never_null = [c.name for c in case.feed.columns if not c.nullable]
            if never_null and parsed.rows.height:
                assert sum(parsed.rows.select(pl.col(never_null).null_count()).row(0)) == 0
            regional = getattr(case.feed, "is_regional", "region_id" in parsed.rows.columns)
            if case.feed.partitioned and regional and parsed.rows.height:
                assert set(parsed.rows["region_id"]) <= _known_regions()

        refusals: list[PayloadRefused] = []
        damaged()
        assert all(case.feed.name in r.message and r.remedy for r in refusals)

    def test_reordered_rows_give_the_same_rows(self, case: Case) -> None:
        """But for feeds in which order tells the repeated hour: there no row is lost."""
        format = case.editable()
        if not isinstance(format, surgery.CsvFormat) or isinstance(format, surgery.RecordsFormat):
            pytest.skip("rows of this format are not lines")
        payload = case.small(100)
        table = format.table(payload)
        head, body = table[: format.header_rows], table[format.header_rows :]
        turned = case.feed.parse(format.put(payload, [*head, *body[::-1]]))
        expected = case.feed.parse(payload)
        assert turned.rows_read == expected.rows_read
        own = [c.name for c in case.feed.columns if c.type == "text"]
        assert turned.rows.select(own).sort(own).equals(expected.rows.select(own).sort(own))

    def test_what_silver_takes_is_declared_and_has_units(self, case: Case) -> None:
        from extract.emit import SUBJECTS

        for emit in case.feed.emits:
            units = {c.name: c.unit for c in SUBJECTS[emit.subject]}
            for column in emit.columns:
                if column.endswith(("_mw", "_per_mwh", "_c", "_pct", "_hpa", "_mm", "_kwh", "_hz")):
                    assert units[column]


def _known_regions() -> set[str]:
    from extract.regions import TIMEZONE

    return set(TIMEZONE)


def _truncated(case: Case, good: Payload) -> Payload:
    """Cut at two thirds; a plain text is cut in the middle of a row."""
    cut = len(good.data) * 2 // 3
    if not (surgery.is_zip(good) or surgery.is_gzip(good)):
        line = good.data.find(b"\n", cut)
        following = good.data.find(b"\n", line + 1)
        cut = (line + 2 * following) // 3 if 0 < line < following and following - line > 12 else cut
    return replace(good, data=good.data[:cut])


def _refused_whole(case: Case, settings: Settings, damaged: Payload) -> str:
    """The payload is refused with feed, file and remedy; bronze stays as it was. Returns the message."""
    case.with_sound_rows(settings)
    version, before = lake.open_table(bronze_path(settings, case.feed)).version(), bronze(settings, case.feed)
    result = landed(case, settings, [damaged, case.small()])
    assert result.state == "stale"
    assert case.feed.name in result.message
    assert damaged.name in result.message
    assert result.remedy
    assert lake.open_table(bronze_path(settings, case.feed)).version() == version
    assert bronze(settings, case.feed).equals(before)
    with pytest.raises(PayloadRefused):
        case.feed.parse(damaged)
    return result.message


def _damage(data: bytes, draw: random.Random) -> bytes:
    at, length = draw.randrange(max(len(data), 1)), draw.randrange(1, 200)
    kind = draw.choice(["cut", "double", "noise", "tail", "swap", "separator"])
    if kind == "cut":
        return data[:at] + data[at + length :]
    if kind == "double":
        return data[: at + length] + data[at:]
    if kind == "noise":
        return data[:at] + draw.randbytes(length) + data[at + length :]
    if kind == "tail":
        return data[:at]
    if kind == "separator":
        return data.replace(b",", b";") if b"," in data else data[::-1]
    lines = data.split(b"\n")
    draw.shuffle(lines)
    return b"\n".join(lines)


def _zipped(payload: Payload) -> Payload:
    """A plain file in a zip beside its name, as an operator may ship it."""
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(payload.name, payload.data)
    return replace(payload, data=buffer.getvalue(), api_endpoint=f"{payload.api_endpoint}.zip")
