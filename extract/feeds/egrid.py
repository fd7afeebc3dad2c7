"""EPA eGRID generators: one CSV with two header rows, names in words above codes (`SEQGEN23`, `GENNTAN`).

Both are checked, since each drifts on its own between vintages. Values stay as received, with quoted thousands
("20,961") and accountants' negatives (" (11)" is -11): the warehouse reads them.
"""

from __future__ import annotations

import polars as pl

from extract.containers import members
from extract.feed import Feed, Parsed, Payload
from extract.formats import UNKNOWN_KEY, Header, Rule, quoted, split_placed, text
from extract.readers import header_lines, read_table
from gridlake.errors import PayloadRefused

NAMES = Header.of(
    sequence_number="Generator file sequence number",
    data_year="Data Year",
    state="Plant state abbreviation",
    plant_name="Plant name",
    generator_code="Generator ID",
    net_generation="Generator annual net generation (MWh)",
)


class EpaEgridGenerators(Feed):
    name = "epa_egrid"
    table = "epa__egrid_generator"
    origins = ("archive", "live")
    source = "epa"
    source_system = "EPA"
    subject = "plant"
    description = "US generators with their annual net generation (eGRID)."
    licence = "US public domain"
    cadence = "annual"
    time_convention = "calendar year"
    archive_patterns = ("plants/egrid/egridData*",)
    partitioned = False
    columns = (
        text("sequence_number", "Row number EPA gives."),
        text("data_year", "Calendar year of the data."),
        text("state", "Postal abbreviation of the plant's state."),
        text("plant_name", "Plant name."),
        text("generator_code", "Generator id within the plant."),
        text("net_generation", "Annual net generation as printed.", "MWh"),
    )
    codes = Header.of(
        sequence_number=tuple(f"SEQGEN{year:02d}" for year in range(99, 14, -1)),
        data_year="YEAR",
        state=("PSTATEABB", "PSTATABB"),
        plant_name="PNAME",
        generator_code="GENID",
        net_generation="GENNTAN",
    )

    def parse(self, payload: Payload) -> Parsed:
        table = read_table(payload, self.codes, header_rows=2)
        _check_names(payload)
        rules = [
            Rule(UNKNOWN_KEY, pl.col("plant_name").is_null(), "names no plant"),
            Rule(UNKNOWN_KEY, pl.col("generator_code").is_null(), "names no generator"),
            Rule(UNKNOWN_KEY, ~pl.col("data_year").str.contains(r"^\d{4}$"), "has no data year"),
        ]
        rows, refused = split_placed(table, table.frame, rules)
        return Parsed(rows, refused, rows.height + refused.height, unknown=table.unknown)


def _check_names(payload: Payload) -> None:
    """The upper header row must hold the names in words. Raises `PayloadRefused` naming those that are missing."""
    for member in members(payload):
        lines, _ = header_lines(member.data, 2)
        if len(lines) < 2:
            raise PayloadRefused(
                payload.feed, payload.path.as_posix(), "has not both header rows", "Fetch the file again from EPA."
            )
        _, missing, _ = NAMES.locate(lines[0])
        if missing or len(lines[0]) != len(lines[1]):
            problem = f"has no column {quoted(missing)}" if missing else "has header rows of unequal length"
            raise PayloadRefused(
                payload.feed,
                payload.path.as_posix(),
                f"{problem} in its first header row",
                "Fetch the file again; if EPA renamed the column, add the new name to the feed.",
            )
