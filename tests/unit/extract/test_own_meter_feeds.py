"""Your own meters: CSV, Parquet, Green Button. The files are made here, after the documented format."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from extract.catalogue import feed
from gridlake.errors import PayloadRefused
from tests.unit.extract.emitted import emitted
from tests.unit.extract.world import counts, parse_bytes

HEADER = "meter_id,interval_start,interval_minutes,kwh,status,read_at\n"
PATH = "meters/intervals/2024.csv"


def intervals(*lines: str, path: str = PATH):  # type: ignore[no-untyped-def]
    return parse_bytes("own_meter_interval", (HEADER + "\n".join(lines) + "\n").encode(), path)


class TestIntervals:
    def test_offsets_place_both_passes_through_the_repeated_hour(self) -> None:
        parsed = intervals(
            "M1,2024-11-03T01:30:00-05:00,30,0.5,A,2024-11-04T00:00:00Z",
            "M1,2024-11-03T01:30:00-06:00,30,0.6,A,2024-11-04T00:00:00Z",
        )
        assert counts(parsed) == (2, 2, 0)
        assert parsed.rows["interval_start_utc"].to_list() == [
            datetime(2024, 11, 3, 6, 30),
            datetime(2024, 11, 3, 7, 30),
        ]
        assert parsed.rows["interval_end_utc"][0] == datetime(2024, 11, 3, 7)

    @pytest.mark.parametrize(
        "stamp",
        ["2024-05-01T00:00Z", "2024-05-01 00:00:00+00:00", "2024-05-01T02:00:00.000+02:00", "2024-05-01T02:00:00+0200"],
    )
    def test_iso_8601_in_its_forms(self, stamp: str) -> None:
        assert intervals(f"M1,{stamp},15,1,A,").rows["interval_start_utc"].to_list() == [datetime(2024, 5, 1)]

    @pytest.mark.parametrize(
        "line",
        [
            "M1,2024-05-01T00:00:00,15,1,A,", "M1,2024-05-01,15,1,A,", "M1,01/05/2024 00:00,15,1,A,",
            "M1,2024-05-01T00:00:00Z,,1,A,", "M1,2024-05-01T00:00:00Z,0,1,A,", "M1,2024-05-01T00:00:00Z,-15,1,A,",
            "M1,2024-05-01T00:00:00Z,7.5,1,A,", "M1,,15,1,A,",
        ],
    )  # fmt: skip
    def test_a_stamp_without_an_offset_or_a_length_that_is_none_is_refused(self, line: str) -> None:
        parsed = intervals("M0,2024-05-01T00:00:00Z,15,1,A,", line)
        assert (counts(parsed), parsed.refused["rule_id"].to_list()) == ((2, 1, 1), ["L01"])

    def test_a_row_without_a_meter_is_refused_and_values_are_kept_as_they_come(self) -> None:
        parsed = intervals(",2024-05-01T00:00:00Z,15,1,A,", "M1,2024-05-01T00:00:00Z,15,n/a,E,soon")
        assert parsed.refused["rule_id"].to_list() == ["L02"]
        assert parsed.rows.select("kwh", "read_at", "read_at_utc").row(0) == ("n/a", "soon", None)

    def test_a_correction_is_told_by_when_it_was_read(self) -> None:
        parsed = intervals(
            "M1,2024-05-01T00:00:00Z,15,1.0,E,2024-05-01T01:00:00Z",
            "M1,2024-05-01T00:00:00Z,15,1.2,A,2024-05-02T03:00:00+02:00",
        )
        rows = emitted(feed("own_meter_interval"), parsed.rows, "meter")
        assert rows.select("meter_id", "energy_kwh", "status", "read_at_utc").rows() == [
            ("OWN.M1", 1.0, "E", datetime(2024, 5, 1, 1)), ("OWN.M1", 1.2, "A", datetime(2024, 5, 2, 1)),
        ]  # fmt: skip

    def test_parquet_says_the_same(self) -> None:
        start = datetime(2024, 5, 1, 5, tzinfo=UTC)
        frame = pl.DataFrame(
            {
                "meter_id": ["M1", "M2"], "interval_start": [start, start + timedelta(minutes=30)],
                "interval_minutes": [30, 30], "kwh": [0.25, None], "status": ["A", "A"], "read_at": [start, None],
            }
        )  # fmt: skip
        for zone in ("UTC", "America/Chicago"):
            buffer = io.BytesIO()
            frame.with_columns(pl.col("interval_start").dt.convert_time_zone(zone)).write_parquet(buffer)
            parsed = parse_bytes("own_meter_interval", buffer.getvalue(), "meters/intervals/x.parquet")
            assert counts(parsed) == (2, 2, 0)
            assert parsed.rows["interval_start_utc"].to_list() == [datetime(2024, 5, 1, 5), datetime(2024, 5, 1, 5, 30)]
            assert parsed.rows["kwh"].to_list() == ["0.25", None]
            assert parsed.rows["read_at_utc"].to_list() == [datetime(2024, 5, 1, 5), None]

    def test_naive_stamps_in_parquet_are_refused(self) -> None:
        frame = pl.DataFrame(
            {
                "meter_id": ["M1"], "interval_start": [datetime(2024, 5, 1)], "interval_minutes": [30],
                "kwh": [0.25], "status": ["A"], "read_at": ["2024-05-02T00:00:00Z"],
            }
        )  # fmt: skip
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        parsed = parse_bytes("own_meter_interval", buffer.getvalue(), "meters/intervals/x.parquet")
        assert (counts(parsed), parsed.refused["rule_id"].to_list()) == ((1, 0, 1), ["L01"])

    def test_damaged_files_are_refused(self) -> None:
        buffer = io.BytesIO()
        pl.DataFrame({"meter_id": ["M1"]}).write_parquet(buffer)
        for data, problem in (
            (buffer.getvalue()[:-9], "cannot be read as Parquet"), (buffer.getvalue(), "no column 'interval_start'"),
            (HEADER.encode(), "no rows"), (HEADER.replace("kwh", "kW").encode() + b"M1,2024-05-01T00:00:00Z,15,1,A,\n", "'kwh'"),
            ((HEADER + "M1,2024-05-01T00").encode(), "truncated"),
        ):  # fmt: skip
            with pytest.raises(PayloadRefused, match=problem):
                parse_bytes("own_meter_interval", data, PATH)


class TestLists:
    METERS = "meter_id,region_id,zone_id,tariff,latitude,longitude,installed_on,removed_on\n"

    def test_meters_stand_in_known_regions_and_zones_of_theirs(self) -> None:
        text = self.METERS + "\n".join(
            ["M1,PJM,PJM.AEP,flat,40,-80,2020-01-01,", "M2,MARS,MARS.A,flat,0,0,2020-01-01,", "M3,PJM,NYISO.WEST,flat,0,0,2020-01-01,", "M4,PJM,,flat,0,0,,"]
        )  # fmt: skip
        parsed = parse_bytes("own_meter", (text + "\n").encode(), "meters/meters.csv")
        assert counts(parsed) == (4, 2, 2)
        assert set(parsed.refused["rule_id"]) == {"L02"}
        assert parsed.rows.select("meter_id", "region_id").rows() == [("M1", "PJM"), ("M4", "PJM")]

    def test_customers_go_nowhere_by_themselves(self) -> None:
        text = "customer_id,meter_id,name,valid_from,valid_to\nC1,M1,Ada,2020-01-01,\n,M2,Bob,2020-01-01,\n"
        parsed = parse_bytes("own_customer", (text.rstrip("\n") + "\n").encode(), "meters/customers.csv")
        assert (counts(parsed), parsed.refused["rule_id"].to_list()) == ((2, 1, 1), ["L02"])
        assert feed("own_customer").emits == ()
        others = [
            f
            for f in ("own_meter", "own_meter_interval", "green_button")
            if "customer_id" in feed(f).contract.column_names
        ]
        assert others == []


def green_button(readings: str, *, kind: str = "", related: str = "/espi/ReadingType/07") -> bytes:
    kind = (
        kind
        or "<commodity>1</commodity><flowDirection>1</flowDirection><powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom>"
    )
    base = "/espi/RetailCustomer/9/UsagePoint/48"
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:espi="http://naesb.org/espi">
  <title>Green Button Usage Feed</title>
  <entry><link rel="self" href="{base}"/><content><UsagePoint xmlns="http://naesb.org/espi"><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint></content></entry>
  <entry><link rel="self" href="{base}/MeterReading/01"/><link rel="up" href="{base}/MeterReading"/>
    <link rel="related" href="{related}"/><content><MeterReading xmlns="http://naesb.org/espi"/></content></entry>
  <entry><link rel="self" href="/espi/ReadingType/07"/><content><ReadingType xmlns="http://naesb.org/espi">{kind}</ReadingType></content></entry>
  <entry><link rel="self" href="/espi/ReadingType/08"/><content><ReadingType xmlns="http://naesb.org/espi"><uom>38</uom></ReadingType></content></entry>
  <entry><link rel="self" href="{base}/MeterReading/01/IntervalBlock/0173"/><link rel="up" href="{base}/MeterReading/01/IntervalBlock"/>
    <content><IntervalBlock xmlns="http://naesb.org/espi"><interval><duration>86400</duration><start>1330578000</start></interval>{readings}</IntervalBlock></content></entry>
</feed>""".encode()


READING = "<IntervalReading><cost>974</cost><ReadingQuality><quality>8</quality></ReadingQuality><timePeriod><duration>900</duration><start>{}</start></timePeriod><value>{}</value></IntervalReading>"


class TestGreenButton:
    PATH = "meters/green_button/usage.xml"

    def parse(self, data: bytes):  # type: ignore[no-untyped-def]
        return parse_bytes("green_button", data, self.PATH)

    def test_a_reading_is_placed_and_its_unit_applied(self) -> None:
        parsed = self.parse(green_button(READING.format(1330578000, 282) + READING.format(1330578900, 323)))
        assert counts(parsed) == (2, 2, 0)
        rows = emitted(feed("green_button"), parsed.rows, "meter")
        assert rows.select("meter_id", "interval_start_utc", "interval_end_utc", "energy_kwh", "status", "commodity").row(0) == (
            "OWN.48", datetime(2012, 3, 1, 5), datetime(2012, 3, 1, 5, 15), pytest.approx(0.282), "8", "electricity",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("kind", "energy", "meter", "commodity"),
        [
            ("<uom>72</uom><powerOfTenMultiplier>3</powerOfTenMultiplier>", 2.0, "OWN.48", "electricity"),
            ("<uom>72</uom><powerOfTenMultiplier>-3</powerOfTenMultiplier>", 2e-6, "OWN.48", "electricity"),
            ("<uom>169</uom><commodity>7</commodity>", 58.6002, "OWN.48", "gas"),
            ("<uom>72</uom><flowDirection>19</flowDirection>", 0.002, "OWN.48.received", "electricity"),
            ("<uom>38</uom>", None, "OWN.48", "electricity"),
        ],
    )
    def test_units_powers_and_directions(self, kind: str, energy: float | None, meter: str, commodity: str) -> None:
        row = emitted(
            feed("green_button"), self.parse(green_button(READING.format(1330578000, 2), kind=kind)).rows, "meter"
        ).row(0, named=True)
        assert (row["meter_id"], row["commodity"]) == (meter, commodity)
        assert row["energy_kwh"] == (None if energy is None else pytest.approx(energy))

    def test_what_cannot_be_placed_is_refused(self) -> None:
        parsed = self.parse(green_button(READING.format("noon", 1) + READING.format(1330578000, 1)))
        assert (counts(parsed), parsed.refused["rule_id"].to_list()) == ((2, 1, 1), ["L01"])

    @pytest.mark.parametrize(
        ("data", "problem"),
        [
            (green_button("")[:300], "is not XML"),
            (green_button(""), "holds no records"),
            (b"<html/>", "not an Atom feed"),
            (green_button(READING.format(1330578000, 1), related="/espi/ReadingType/99"), "ReadingType"),
            (green_button(READING.format(1330578000, 1).replace("value>", "amount>")), "value in an IntervalReading"),
            (b'<!DOCTYPE feed [<!ENTITY x "y">]>' + green_button(READING.format(1, 1))[38:], "entities"),
        ],
    )  # fmt: skip
    def test_other_documents_are_refused(self, data: bytes, problem: str) -> None:
        with pytest.raises(PayloadRefused, match=problem):
            self.parse(data)
