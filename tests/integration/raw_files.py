"""Recorded files read with pandas, by their own clocks: the other way to the figures that gold tells.

Belongs here: which files, and what their stamps mean. What is asked of them stands in `test_questions`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

SPAIN = "entsoe/spain/energy_dataset.csv.gz"
BALANCED = {"CAISO": "eia930/ba_xlsx/CISO.xlsx", "BPAT": "eia930/ba_xlsx/BPAT.xlsx"}
SMD = "isone/smd/2017_smd_hourly.xls"
OUTAGES = "outages/us_events/outage.xlsx"
AMPD = "plants/epa_ampd/emission_2019.csv"
EGRID = "plants/egrid/egridData.csv"
HOMES = "meters/sgsc/smart_meter10.RData"
# Sheets of the workbook and the zones they are of.
SHEETS = {
    "ISO NE CA": ".H.INTERNAL_HUB", "ME": "ME", "NH": "NH", "VT": "VT", "CT": "CT", "RI": "RI", "SEMASS": "SEMA", "WCMASS": "WCMA",
    "NEMASSBOST": "NEMA",
}  # fmt: skip


@cache
def spain(path: Path) -> pd.DataFrame:
    """The file's rows with their local year. Rows that the file moved by swapping day and month stay within their year."""
    frame = pd.read_csv(path)
    frame["year"] = pd.to_datetime(frame["time"], utc=True).dt.tz_convert("Europe/Madrid").dt.year
    return frame


@cache
def authority(path: Path) -> pd.DataFrame:
    """A workbook's hours by their start, UTC: the stamp ends the hour."""
    frame = pd.read_excel(path, sheet_name="Detailed Data", engine="calamine")
    start = pd.to_datetime(frame["UTC Time"]).dt.round("s") - pd.Timedelta(hours=1)
    return pd.concat([frame, start.rename("start")], axis=1)


@cache
def new_england(path: Path) -> pd.DataFrame:
    """All sheets below one another. On the day of 23 hours the workbook prints 24: its hour 2 is the mean of 1 and 3, made up, and
    hour 3 begins at one o'clock."""
    book = pd.ExcelFile(path)
    frame = pd.concat([book.parse(sheet).assign(zone_id=f"ISONE.{zone}") for sheet, zone in SHEETS.items()])
    frame = frame[~((frame["Date"] == "2017-03-12") & (frame["Hour"] == 2))]
    after_the_leap = (frame["Date"] == "2017-03-12") & (frame["Hour"] == 3)
    frame["local_hour"] = frame["Hour"].astype(int) - np.where(after_the_leap, 2, 1)
    return frame.assign(
        month_start=frame["Date"].dt.to_period("M").dt.to_timestamp(), difference=frame["RT_LMP"] - frame["DA_LMP"]
    )


@cache
def plants(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, skipinitialspace=True)
    frame.columns = [c.strip() for c in frame.columns]
    return frame


@cache
def households(path: Path) -> pd.DataFrame:
    """Half hours of ten homes by their start, standard time; the stamp ends the half hour. Local is Sydney's wall clock."""
    import pyreadr

    frame = next(iter(pyreadr.read_r(path).values()))
    start = frame["reading_datetime"] - pd.Timedelta(minutes=30)
    local = start.dt.tz_localize("Etc/GMT-10").dt.tz_convert("Australia/Sydney")
    return pd.DataFrame(
        {
            "meter_id": "SGSC." + frame["customer_id"].astype(str),
            "start": start,
            "local": local,
            "kwh": frame["general_supply_kwh"],
        }
    )
