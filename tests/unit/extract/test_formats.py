"""Containers and tables: what is opened, what is refused, how rows are set apart."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

import polars as pl
import pytest

from extract import containers
from extract.containers import members
from extract.feed import Payload
from extract.formats import Header, Rule, split_placed, stamp, stamp_with_offset
from extract.readers import Csv, read_table
from gridlake.errors import PayloadRefused

HEADER = Header.of(name="Name", value=("Gen MW", "Gen MWh"))


def payload(data: bytes, name: str = "20170101x.csv") -> Payload:
    return Payload("some_feed", data, f"archive:some/where/{name}", "archive")


def zipped(entries: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name, (2017, 1, 2, 3, 4, 6))
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            archive.writestr(info, data)
    return buffer.getvalue()


class TestMembers:
    def test_zip_members_keep_their_order_names_and_clocks(self) -> None:
        found = members(payload(zipped({"b.csv": b"1", "a.csv": b"2"}), "x_csv.zip"))
        assert [(m.name, m.data) for m in found] == [("b.csv", b"1"), ("a.csv", b"2")]
        assert str(found[0].modified) == "2017-01-02 03:04:06"

    def test_gzip_and_plain_are_one_member_named_as_the_file(self) -> None:
        assert [(m.name, m.data) for m in members(payload(gzip.compress(b"x"), "x.csv.gz"))] == [("x.csv.gz", b"x")]
        assert [(m.name, m.data) for m in members(payload(b"x", "x.csv"))] == [("x.csv", b"x")]

    @pytest.mark.parametrize("name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "..\\x.csv", "C:/x.csv"])
    def test_a_member_that_leads_out_is_refused(self, name: str) -> None:
        with pytest.raises(PayloadRefused, match="leads out of the archive"):
            members(payload(zipped({name: b"1"}), "x.zip"))

    def test_a_link_is_refused(self) -> None:
        def as_link(info: zipfile.ZipInfo) -> None:
            info.create_system, info.external_attr = 3, 0o120777 << 16

        with pytest.raises(PayloadRefused, match="leads out of the archive"):
            members(payload(zipped({"x.csv": b"/etc/passwd"}, as_link), "x.zip"))

    def test_a_zip_bomb_is_refused_before_it_is_opened(self, monkeypatch: pytest.MonkeyPatch) -> None:
        bomb = payload(zipped({"x.csv": bytes(8 * 1024 * 1024)}), "x.zip")
        monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("opened"))
        with pytest.raises(PayloadRefused, match="expands beyond"):
            members(bomb)

    def test_many_members_that_are_too_much_together_are_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(containers, "MAX_EXPANDED_BYTES", 100)
        assert len(members(payload(zipped({"a.csv": b"x" * 50, "b.csv": b"y" * 50}), "x.zip"))) == 2
        with pytest.raises(PayloadRefused, match="expands beyond"):
            members(payload(zipped({"a.csv": b"x" * 50, "b.csv": b"y" * 51}), "x.zip"))

    def test_a_header_that_lies_about_a_size_does_not_help_a_bomb(self) -> None:
        data = zipped({"x.csv": b"a" * 1000})
        lying = data.replace((1000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
        assert lying != data
        with pytest.raises(PayloadRefused):
            members(payload(lying, "x.zip"))

    def test_a_gzip_bomb_is_refused(self) -> None:
        with pytest.raises(PayloadRefused, match="expands beyond"):
            members(payload(gzip.compress(bytes(16 * 1024 * 1024)), "x.csv.gz"))

    @pytest.mark.parametrize(
        ("data", "name"),
        [
            (zipped({"x.csv": b"a,b\n" * 500})[:60], "x.zip"),
            (zipped({"x.csv": b"a,b\n" * 500})[:-5], "x.zip"),
            (b"not a zip", "x.zip"),
            (gzip.compress(b"a,b\n" * 500, mtime=0)[:-9], "x.csv.gz"),
            (b"not a gzip", "x.csv.gz"),
            (zipped({}), "x.zip"),
        ],
        ids=["zip cut early", "zip cut late", "no zip", "gzip cut", "no gzip", "empty zip"],
    )
    def test_truncated_or_empty_containers_are_refused_with_a_remedy(self, data: bytes, name: str) -> None:
        with pytest.raises(PayloadRefused) as refused:
            members(payload(data, name))
        assert "some_feed" in refused.value.message
        assert name in refused.value.message
        assert refused.value.remedy

    def test_a_flipped_bit_inside_a_member_is_refused(self) -> None:
        data = bytearray(zipped({"x.csv": bytes(range(256)) * 20}))
        data[len(data) // 3] ^= 0x10
        with pytest.raises(PayloadRefused):
            members(payload(bytes(data), "x.zip"))


class TestReadTable:
    def test_cells_stay_text_and_blanks_are_null(self) -> None:
        frame = read_table(payload(b'Name,Gen MW\na,007\n"b,c",1e3\nd,\n'), HEADER).frame
        assert frame["name"].to_list() == ["a", "b,c", "d"]
        assert frame["value"].to_list() == ["007", "1e3", None]
        assert frame["row_number"].to_list() == [1, 2, 3]
        assert set(frame["source_member"]) == {"20170101x.csv"}

    @pytest.mark.parametrize(
        "data",
        [
            b"\xef\xbb\xbfName,Gen MW\r\na,1\r\n",
            b"\n\nName,Gen MW\na,1",
            b'"name"," Gen  MWh "\na,1\n',
            b"Gen MW,Name\n1,a\n",
        ],
        ids=[
            "BOM and CRLF",
            "leading blank lines, no last newline",
            "older header, odd case and blanks",
            "other order",
        ],
    )
    def test_header_variants(self, data: bytes) -> None:
        assert read_table(payload(data), HEADER).frame.select("name", "value").rows() == [("a", "1")]

    def test_a_missing_column_is_named_with_its_other_names(self) -> None:
        with pytest.raises(PayloadRefused, match="'Gen MW' or 'Gen MWh'") as refused:
            read_table(payload(b"Name,Gen\na,1\n"), HEADER)
        assert "found Name, Gen" in refused.value.problem

    def test_an_unknown_column_is_kept_and_reported(self) -> None:
        table = read_table(payload(b"Name,Gen MW,New\na,1,2\n"), HEADER)
        assert table.unknown == ("New",)
        assert table.frame.columns == ["name", "value", "source_member", "row_number", "unknown_cells"]
        assert table.frame["unknown_cells"].to_list() == ['{"New":"2"}']

    @pytest.mark.parametrize("data", [b"", b"\n\n", b"Name,Gen MW\n", b"Name,Gen MW\n\n \n"])
    def test_nothing_or_only_a_header_is_refused(self, data: bytes) -> None:
        with pytest.raises(PayloadRefused):
            read_table(payload(data), HEADER)

    def test_blank_lines_are_no_rows_but_rows_of_blanks_are(self) -> None:
        frame = read_table(payload(b"Name,Gen MW\na,1\n\n,\nb,2\n"), HEADER).frame
        assert frame.select("name", "row_number").rows() == [("a", 1), (None, 2), ("b", 3)]

    def test_a_row_with_too_many_fields_is_set_apart(self) -> None:
        table = read_table(payload(b"Name,Gen MW\na,1\nb,2,3\nc\nd,4\n"), HEADER)
        assert table.frame.select("name", "value").rows() == [("a", "1"), ("c", None), ("d", "4")]
        assert table.malformed.select("row_number", "rule_id").rows() == [(2, "L03")]
        assert "'3'" in table.malformed["raw_record"][0]

    @pytest.mark.parametrize("data", [b"a,\xff\xfe\n", b"a,1\x00\n"], ids=["not UTF-8", "NUL bytes"])
    def test_bytes_that_are_no_text_are_refused_with_their_place(self, data: bytes) -> None:
        with pytest.raises(PayloadRefused, match=r"utf-8|NUL"):
            read_table(payload(b"Name,Gen MW\n" + data), HEADER)

    @pytest.mark.parametrize("first", [b"a\n", b"a,1,2\n"], ids=["too short", "too long"])
    def test_an_odd_first_row_is_no_other_than_an_odd_later_one(self, first: bytes) -> None:
        found = read_table(payload(b"Name,Gen MW\n" + first + b"b,2\n"), HEADER)
        later = read_table(payload(b"Name,Gen MW\nb,2\n" + first + b"b,2\n"), HEADER)
        assert (found.frame.height, found.malformed.height) == (later.frame.height - 1, later.malformed.height)

    def test_a_lost_quote_does_not_swallow_the_rest(self) -> None:
        with pytest.raises(PayloadRefused, match="never closed"):
            read_table(payload(b'Name,Gen MW\na,1\n"b,2\nc,3\n'), HEADER)

    @pytest.mark.parametrize("data", [b"a,1\nb", b"a,1\nb\n"], ids=["cut in a row", "a last row too short"])
    def test_a_file_that_ends_in_the_middle_of_a_row_is_refused(self, data: bytes) -> None:
        with pytest.raises(PayloadRefused, match="truncated"):
            read_table(payload(b"Name,Gen MW\n" + data), HEADER)

    def test_a_source_that_ends_its_files_with_a_newline_is_held_to_it(self) -> None:
        reader = Csv(ends_with_newline=True)
        assert reader.read(payload(b"Name,Gen MW\na,12\n"), HEADER).frame.height == 1
        with pytest.raises(PayloadRefused, match="truncated"):
            reader.read(payload(b"Name,Gen MW\na,1"), HEADER)


def test_the_first_broken_rule_names_the_reason() -> None:
    table = read_table(payload(b"Name,Gen MW\na,1\n,\nb,\n"), HEADER)
    rules = [
        Rule("L02", pl.col("name").is_null(), "names nothing"),
        Rule("L01", pl.col("value").is_null(), "says nothing"),
    ]
    rows, refused = split_placed(table, table.frame, rules)
    assert rows["name"].to_list() == ["a"]
    assert refused.select("row_number", "rule_id", "reason").rows() == [
        (2, "L02", "names nothing"), (3, "L01", "says nothing"),
    ]  # fmt: skip
    assert refused["raw_record"].to_list() == ['{"name":null,"value":null}', '{"name":"b","value":null}']


def test_stamps() -> None:
    frame = pl.DataFrame({"t": ["01/02/2017 03:04", "01/02/2017 03:04:05", "13/02/2017 03:04", "", None]})
    read = frame.select(stamp("t", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M").dt.strftime("%F %T")).to_series().to_list()
    assert read == ["2017-01-02 03:04:00", "2017-01-02 03:04:05", None, None, None]
    frame = pl.DataFrame(
        {"t": ["2017-03-26 01:00:00+01:00", "2017-03-26T03:00:00+02:00", "2017-03-26T01:00:00Z", "2017-03-26 01:00:00"]}
    )
    assert frame.select(stamp_with_offset("t").dt.strftime("%F %T")).to_series().to_list() == [
        "2017-03-26 00:00:00", "2017-03-26 01:00:00", "2017-03-26 01:00:00", None,
    ]  # fmt: skip
