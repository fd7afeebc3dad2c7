"""Plants and units, on the real files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import polars as pl
import pytest

from extract.archive import archive_files
from extract.catalogue import feed
from gridlake.errors import PayloadRefused
from tests.unit.extract.world import counts, duplicates, parse, parse_bytes, raw

FILES = {
    "epa_egrid_plant": (("plants/egrid/egrid2018_short.csv",), (5,)),
    "epa_ampd_emission": (("plants/epa_ampd/emission_2019.csv",), (202,)),
    "epa_ampd_facility": (("plants/epa_ampd/facility_2019.csv",), (202,)),
    "eia_power_plant": (("plants/eia/Power_Plants.csv", "plants/eia/Power_Plants_2022ish.csv"), (12275, 10847)),
}


@pytest.mark.parametrize("name", FILES)
def test_every_row_is_placed_and_no_column_is_unknown(name: str, archive: Path) -> None:
    paths, expected = FILES[name]
    assert [path.relative_to(archive).as_posix() for path in archive_files(feed(name), archive)] == list(paths)
    for path, rows in zip(paths, expected, strict=True):
        parsed = parse(name, archive, path)
        assert (counts(parsed), parsed.unknown, parsed.window) == ((rows, rows, 0), (), None)
        assert duplicates(parsed, name) == 0
    assert not feed(name).partitioned
    assert not feed(name).emits


@pytest.mark.parametrize(
    ("name", "path", "key"),
    [
        ("epa_ampd_emission", "plants/epa_ampd/emission_2019.csv", ["plant_code", "unit_id", "year"]),
        ("epa_ampd_facility", "plants/epa_ampd/facility_2019.csv", ["plant_code", "unit_id", "year"]),
        ("eia_power_plant", "plants/eia/Power_Plants.csv", ["plant_code", "period"]),
        ("eia_power_plant", "plants/eia/Power_Plants_2022ish.csv", ["plant_code", "period"]),
        ("epa_egrid_plant", "plants/egrid/egrid2018_short.csv", ["plant_code", "data_year"]),
    ],
)
def test_the_natural_key_is_one(name: str, path: str, key: list[str], archive: Path) -> None:
    rows = parse(name, archive, path).rows
    assert rows.unique(subset=key).height == rows.height


def test_two_vintages_of_plants_are_read_by_their_own_columns(archive: Path) -> None:
    new = parse("eia_power_plant", archive, "plants/eia/Power_Plants.csv").rows
    old = parse("eia_power_plant", archive, "plants/eia/Power_Plants_2022ish.csv").rows
    assert raw(archive / "plants/eia/Power_Plants_2022ish.csv")[0][10] == "StateName"
    for rows, published, sand_point in ((new, datetime(2023, 12, 1), "3.7"), (old, datetime(2021, 9, 1), "4")):
        assert rows["published_at_utc"].unique().to_list() == [published]
        one = rows.filter(pl.col("plant_code") == "1").row(0, named=True)
        assert (one["plant_name"], one["state"], one["installed_capacity"], one["wind_capacity"]) == (
            "Sand Point", "Alaska", sand_point, "0.4",
        )  # fmt: skip
        assert one["x"].startswith("-160.497222")  # the first column, behind the byte order mark


@pytest.mark.parametrize(
    ("path", "column", "header"),
    [
        ("plants/eia/Power_Plants.csv", "solar_capacity", "Solar_MW"),
        ("plants/eia/Power_Plants_2022ish.csv", "coal_capacity", "Coal_MW"),
    ],
)
def test_capacities_agree_with_the_file(path: str, column: str, header: str, archive: Path) -> None:
    lines = raw(archive / path)
    at = lines[0].index(header)
    told = [line[at] or None for line in lines[1:]]
    assert parse("eia_power_plant", archive, path).rows[column].to_list() == told


def test_header_names_with_leading_blanks_are_found(archive: Path) -> None:
    path = "plants/epa_ampd/emission_2019.csv"
    assert raw(archive / path)[0][1] == " Facility Name"
    first = parse("epa_ampd_emission", archive, path).rows.row(0, named=True)
    assert (first["plant_name"], first["plant_code"], first["co2"], first["gross_load"]) == (
        "Black River Generation, LLC", "10464", "180431.774", "0",
    )  # fmt: skip


def test_units_of_both_ampd_files_are_the_same(archive: Path) -> None:
    emission = parse("epa_ampd_emission", archive, "plants/epa_ampd/emission_2019.csv").rows
    facility = parse("epa_ampd_facility", archive, "plants/epa_ampd/facility_2019.csv").rows
    key = ["plant_code", "unit_id", "year"]
    assert emission.join(facility, on=key, how="anti").height == 0


def test_egrid_keeps_grouped_numbers_and_dashes(archive: Path) -> None:
    rows = parse("epa_egrid_plant", archive, "plants/egrid/egrid2018_short.csv").rows
    ambler = rows.filter(pl.col("plant_code") == "60243").row(0, named=True)
    assert (ambler["heat_input"], ambler["net_generation"], ambler["plplpr" if "plplpr" in ambler else "pltrpr"]) == (
        "12,198", "1,206", ambler["pltrpr"],
    )  # fmt: skip
    assert rows["data_year"].unique().to_list() == ["2018"]
    assert "--" in rows["unhozsrc"].to_list() + [v for row in rows.iter_rows() for v in row]


@pytest.mark.parametrize(
    ("name", "path", "header", "problem"),
    [
        ("eia_power_plant", "plants/eia/Power_Plants.csv", "Plant_Code", "no column 'Plant_Code'"),
        ("epa_ampd_emission", "plants/epa_ampd/emission_2019.csv", "CO2 (short tons)", r"CO2 \(short tons\)"),
        ("epa_egrid_plant", "plants/egrid/egrid2018_short.csv", "PLCO2AN", "PLCO2AN"),
    ],
)
def test_a_renamed_column_is_named(name: str, path: str, header: str, problem: str, archive: Path) -> None:
    text = (archive / path).read_text(encoding="utf-8").replace(header, "Other", 1)
    with pytest.raises(PayloadRefused, match=problem):
        parse_bytes(name, text.encode(), path)


def test_a_plant_without_a_code_or_a_vintage_is_refused(archive: Path) -> None:
    lines = (archive / "plants/eia/Power_Plants.csv").read_text(encoding="utf-8-sig").splitlines()[:4]
    text = "\n".join(
        [*lines[:1], lines[1].replace(",1,Sand Point", ",,Sand Point"), lines[2].replace("202311", "soon"), lines[3]]
    )
    parsed = parse_bytes("eia_power_plant", text.encode(), "plants/eia/Power_Plants.csv")
    assert (counts(parsed), parsed.refused["rule_id"].to_list()) == ((3, 1, 2), ["L02", "L01"])
