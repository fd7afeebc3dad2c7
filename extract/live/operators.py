"""Operators' own files: NYISO's daily CSVs and CAISO's OASIS.

NYISO keeps days as single files for about ten days and months as zips; OASIS answers a zip whose member is named by the
days asked for and when the report was made, and wants requests five seconds apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from extract.containers import members
from extract.feed import Feed, Parsed, Payload
from extract.http import Answer, Ask, NotThere
from extract.live.base import DAY, Asking, Connector, Lacks, Window, payload_of


@dataclass(frozen=True)
class NyisoDay(Connector):
    """`<dataset>/<day><file>.csv`; where that is gone, the month's zip, of which the day is judged."""

    base: str = "https://mis.nyiso.com"
    timezone: str = "America/New_York"
    dataset: str = ""
    file: str = ""
    terms: str = "NYISO public market data"

    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        day = window.first
        try:
            return self._file(feed, window, asking, f"{day:%Y%m%d}{self.file}.csv")
        except NotThere:
            month = f"{day:%Y%m}01{self.file}_csv.zip"
            if month not in asking.kept:
                asking.kept[month] = self._file(feed, window, asking, month)
            return asking.kept[month]

    def _file(self, feed: Feed, window: Window, asking: Asking, name: str) -> Payload:
        ask = Ask(feed.name, window.label, f"{self.base}/public/csv/{self.dataset}/{name}")
        return payload_of(feed, asking.client.get(ask), ask.address)


@dataclass(frozen=True)
class CaisoOasis(Connector):
    """One report of one operating day, as CSV in a zip.

    keeps_vintages: reports are renewed, so that each is an address of its own; else a later one replaces the earlier.
    """

    base: str = "https://oasis.caiso.com"
    timezone: str = "America/Los_Angeles"
    report: str = ""
    market: str = ""
    version: int = 1
    more: tuple[tuple[str, str], ...] = ()
    keeps_vintages: bool = False
    per_minute: float = 10
    terms: str = "CAISO public market data"

    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        asked = [
            ("queryname", self.report), ("market_run_id", self.market), ("resultformat", "6"),
            ("version", str(self.version)), ("startdatetime", f"{window.start:%Y%m%dT%H:%M}-0000"),
            ("enddatetime", f"{window.end:%Y%m%dT%H:%M}-0000"), *self.more,
        ]  # fmt: skip
        ask = Ask(feed.name, window.label, f"{self.base}/oasisapi/SingleZip", asked)
        answer = asking.client.get(ask)
        return payload_of(feed, answer, f"{self.base}/oasisapi/{self._name(feed, answer, window)}")

    def _name(self, feed: Feed, answer: Answer, window: Window) -> str:
        """The report's file name: the member's own where it is a vintage."""
        plain = f"{window.first:%Y%m%d}_{window.last + DAY:%Y%m%d}_{self.report}_{self.market}_v{self.version}.zip"
        if not self.keeps_vintages:
            return plain
        inside = members(Payload(feed.name, answer.data, f"{self.base}/oasisapi/{plain}", "live"))[0].name
        stem = inside.rsplit(".", 1)[0]
        is_report = stem.startswith(f"{window.first:%Y%m%d}_") and stem.replace("_", "").isalnum()
        return f"{stem}.zip" if is_report else plain


@dataclass(frozen=True)
class Egrid(Connector):
    """A year's workbook, of which one sheet becomes the CSV that is its archive's form."""

    base: str = "https://www.epa.gov"
    path: str = "/system/files/documents/2024-01/egrid2022_data.xlsx"
    sheet: str = "PLNT"
    reaches_ahead: bool = True  # a year's file, whatever the day
    terms: str = "US public domain"

    def lacks(self, feed: Feed, parsed: Parsed, window: Window) -> Lacks:
        return Lacks(0, 0)  # a list of plants has no intervals

    def windows(self, feed: Feed, first: date, last: date) -> Iterator[Window]:
        yield Window(last, last, self.timezone)

    def payload(self, feed: Feed, window: Window, asking: Asking) -> Payload:
        ask = Ask(feed.name, f"eGRID {self.sheet}", self.base + self.path)
        answer = asking.client.get(ask)
        workbook = payload_of(feed, answer, ask.address)
        return payload_of(
            feed, Answer(sheet_as_csv(workbook, self.sheet), answer.status, answer.request_id),
            f"{ask.address}/{self.sheet}.csv",
        )  # fmt: skip


def sheet_as_csv(workbook: Payload, prefix: str) -> bytes:
    """The sheet that begins with `prefix` and a year (`PLNT22`) as CSV. Raises `PayloadRefused` where there is none."""
    import csv
    import io

    from extract.readers import cell_text, open_workbook
    from gridlake.errors import PayloadRefused

    book = open_workbook(workbook, members(workbook, unzip=False)[0])
    name = next((n for n in book.sheet_names if n.startswith(prefix) and n[len(prefix) :].isdigit()), None)
    if name is None:
        raise PayloadRefused(
            workbook.feed, workbook.path.as_posix(),
            f"has no sheet {prefix} with a year (it has {', '.join(book.sheet_names)[:200]})",
            "If EPA renamed the sheet, teach the connector its name.",
        )  # fmt: skip
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False):
        writer.writerow([cell_text(value) or "" for value in row])
    return buffer.getvalue().encode()
