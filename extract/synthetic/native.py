"""Parts of the wide grid in operators' own formats: SPP's load as ERCOT's workbook, DE and FR as ENTSO-E's XML, MISO's wind
and solar forecasts as its JSON, ISO-NE's day-ahead prices as records with a trailer.

The same seed gives the same bytes: containers bear fixed dates.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from xml.sax.saxutils import escape

import polars as pl

from extract.feed import Payload
from extract.feeds.entsoe_codes import AREA, FUEL
from extract.synthetic.grid import DEFAULT_SEED, WIDE_DAYS
from extract.synthetic.wide import JSON, RECORDS, WORKBOOK, XML, RegionParts, region_parts

FIXED = (2025, 2, 4, 3, 0, 0)
EIC = {name: code for code, name in AREA.items()}
PSR = {
    "solar": "Solar", "wind_onshore": "Wind Onshore", "hydro": "Hydro Water Reservoir", "nuclear": "Nuclear",
    "coal": "Fossil Hard coal", "gas": "Fossil Gas",
}  # fmt: skip
SOURCE_TYPE = {fuel: next(code for code, name in FUEL.items() if name == PSR[fuel]) for fuel in PSR}
# Columns of ERCOT's workbook, in its order, to SPP's zones.
WORKBOOK_COLUMNS = {
    "COAST": "CSWS", "EAST": "EDE", "FWEST": "OKGE", "NORTH": "KCPL", "NCENT": "NPPD", "SOUTH": "SPS", "SCENT": "WAUE",
    "WEST": "WR",
}  # fmt: skip


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, FIXED)
            info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def _with_clock(told: RegionParts, rows: pl.DataFrame) -> pl.DataFrame:
    clock = told.sim.calendar.frame.select("hour", "local", "local_date", "interval_start_utc")
    return rows.join(clock.with_columns(pl.col("hour").cast(pl.Int64)), on="hour", how="left", maintain_order="left")


# --- workbook -----------------------------------------------------------------------------------------------------


def workbook_payloads(seed: int = DEFAULT_SEED, days: int = WIDE_DAYS) -> Iterator[Payload]:
    """SPP's load: one row an hour named by its end, Central time, 24:00 at midnight; a column a zone, and their sum."""
    told = region_parts("SPP", seed, days)
    rows = _with_clock(told, told.part("load"))
    wide = rows.pivot("entity", index=["hour", "local"], values="value", maintain_order=True)
    zones = list(WORKBOOK_COLUMNS.values())
    numbers = [pl.col(zone).cast(pl.Float64, strict=False) for zone in zones]
    ended = pl.col("local").dt.replace_time_zone(None) + pl.duration(hours=1)
    midnight = ended.dt.hour() == 0
    end = pl.when(midnight).then((ended - pl.duration(days=1)).dt.strftime("%m/%d/%Y 24:00")).otherwise(ended.dt.strftime("%m/%d/%Y %H:%M"))  # fmt: skip
    found = wide.select(end.alias("end"), *numbers, pl.sum_horizontal(*numbers).round(1).alias("total"))
    lines: list[Sequence[object]] = [("HourEnding", *WORKBOOK_COLUMNS, "ERCOT"), *found.iter_rows()]
    yield Payload(WORKBOOK, workbook(lines), "synthetic:workbook/SPP/native_load.xlsx", "synthetic")


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """The least workbook there is: one sheet, numbers and texts. No library writes the same bytes twice by promise."""
    cells = "".join("<row>" + "".join(map(_cell, row)) + "</row>" for row in rows)
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kinds}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="Load" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return _zip({name: (head + text).encode() for name, text in parts.items()})


def _cell(value: object) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value!r}</v></c>"


# --- XML ----------------------------------------------------------------------------------------------------------


def xml_payloads(seed: int = DEFAULT_SEED, days: int = WIDE_DAYS) -> Iterator[Payload]:
    """DE and FR: a zip per kind and month with one document a day, as the platform answers a day's request."""
    for region_id in ("DE", "FR"):
        told = region_parts(region_id, seed, days)
        for name, kind, process, dataset in (
            ("load", "A65", "A16", "load"), ("load_forecast", "A65", "A01", "load_forecast"),
            ("price", "A44", "", "price_dam"), ("generation", "A75", "A16", "generation"),
            ("generation_forecast", "A69", "A01", "generation_forecast"),
        ):  # fmt: skip
            rows = _with_clock(told, told.part(dataset))
            # A day beyond the observed ones would promise realised values, too: documents of one feed share their window.
            # Of forecasts the vintage of the day before: a document for each costs more than all that it tells.
            rows = rows.filter(
                (pl.col("local_date") <= told.sim.calendar.last_observed) & (pl.col("lead") == rows["lead"].min())
            )
            if kind == "A44":
                rows = rows.filter(pl.col("variable") == "lmp")
            documents: dict[str, dict[str, bytes]] = {}
            for (lead, day), part in rows.partition_by("lead", "local_date", maintain_order=True, as_dict=True).items():
                text = _document(region_id, kind, process, part)
                documents.setdefault(f"{day:%Y%m}", {})[f"{day:%Y%m%d}_{lead}.xml"] = text.encode()
            for month, files in documents.items():
                yield Payload(XML, _zip(files), f"synthetic:xml/{region_id}/{name}_{month}.zip", "synthetic")


def _stamp(at: datetime, form: str = "%Y-%m-%dT%H:%MZ") -> str:
    return at.strftime(form)


def _document(region_id: str, kind: str, process: str, rows: pl.DataFrame) -> str:
    """One document of one local day: a series an area or fuel; an interval left out is a gap (curve A01)."""
    day: date = rows["local_date"][0]
    start: datetime = rows["interval_start_utc"].min()  # type: ignore[assignment]
    start = start - timedelta(hours=rows.filter(pl.col("interval_start_utc") == start)["local"][0].hour)
    end = start + timedelta(days=1)
    if kind in ("A65", "A75") and process == "A16":
        created = end + timedelta(hours=2)
    else:
        published = datetime.fromisoformat(rows["published_at"][0])
        created = (published - published.utcoffset()).replace(tzinfo=None)  # type: ignore[operator]
    root = "Publication_MarketDocument" if kind == "A44" else "GL_MarketDocument"
    period = "period.timeInterval" if kind == "A44" else "time_Period.timeInterval"
    series = "".join(
        _series(region_id, kind, number, str(entity), part, start, end)
        for number, ((entity,), part) in enumerate(
            rows.partition_by("entity", maintain_order=True, as_dict=True).items(), start=1
        )
    )
    head = f"<process.processType>{process}</process.processType>" if process else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0">'
        f"<mRID>{region_id}{kind}{process}{day:%Y%m%d}</mRID><revisionNumber>1</revisionNumber><type>{kind}</type>{head}"
        f"<createdDateTime>{_stamp(created, '%Y-%m-%dT%H:%M:%SZ')}</createdDateTime>"
        f"<{period}><start>{_stamp(start)}</start><end>{_stamp(end)}</end></{period}>{series}</{root}>\n"
    )


def _series(
    region_id: str, kind: str, number: int, entity: str, rows: pl.DataFrame, start: datetime, end: datetime
) -> str:
    area = EIC["DE_LU" if region_id == "DE" and kind == "A44" else region_id]
    about = f"<mRID>{number}</mRID>"
    if kind == "A44":
        about += f'<in_Domain.mRID codingScheme="A01">{area}</in_Domain.mRID><contract_MarketAgreement.type>A01</contract_MarketAgreement.type><currency_Unit.name>EUR</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name>'
    elif kind == "A65":
        place = EIC[region_id if entity == "TOTAL" else entity]
        about += f'<outBiddingZone_Domain.mRID codingScheme="A01">{place}</outBiddingZone_Domain.mRID><quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name>'
    else:
        about += f'<inBiddingZone_Domain.mRID codingScheme="A01">{area}</inBiddingZone_Domain.mRID><quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name>'
    about += "<curveType>A01</curveType>"
    if kind in ("A75", "A69"):
        about += f"<MktPSRType><psrType>{SOURCE_TYPE[entity]}</psrType></MktPSRType>"
    name = "price.amount" if kind == "A44" else "quantity"
    position = (pl.col("interval_start_utc") - start).dt.total_hours() + 1
    points = "".join(
        f"<Point><position>{at}</position><{name}>{value}</{name}></Point>"
        for at, value in rows.select(position.alias("at"), "value").iter_rows()
    )
    return (
        f"<TimeSeries>{about}<Period><timeInterval><start>{_stamp(start)}</start><end>{_stamp(end)}</end></timeInterval>"
        f"<resolution>PT60M</resolution>{points}</Period></TimeSeries>"
    )


# --- JSON ---------------------------------------------------------------------------------------------------------

JSON_FUELS = {"wind_onshore": "wind", "solar": "solar"}


def json_payloads(seed: int = DEFAULT_SEED, days: int = WIDE_DAYS) -> Iterator[Payload]:
    """MISO's forecasts of wind and sun: a zip per fuel and month, one document for each day and vintage."""
    told = region_parts("MISO", seed, days)
    rows = _with_clock(told, told.part("generation_forecast"))
    documents: dict[tuple[str, str], dict[str, bytes]] = {}
    for (fuel, lead, day), part in rows.partition_by(
        "entity", "lead", "local_date", maintain_order=True, as_dict=True
    ).items():
        made = datetime.fromisoformat(part["published_at"][0])
        document = {
            "MktDay": f"{day:%m/%d/%Y}",
            "RefId": f"{made:%d-%b-%Y} - Interval {made:%H:%M} EST",
            "Forecast": [
                {"DateTimeEST": f"{at:%Y-%m-%d %I:%M:%S %p}", "HourEndingEST": str(at.hour + 1), "Value": value}
                for at, value in part.select("local", "value").iter_rows()
            ],
        }
        files = documents.setdefault((JSON_FUELS[str(fuel)], f"{day:%Y%m}"), {})
        files[f"{day:%Y%m%d}_{lead}.json"] = json.dumps(document).encode()
    for (name, month), files in documents.items():
        yield Payload(JSON, _zip(files), f"synthetic:json/MISO/{name}_{month}.zip", "synthetic")


def _days(rows: pl.DataFrame, column: str) -> tuple[date, date]:
    """First and last day of a column."""
    first, last = rows.select(pl.col(column).min(), pl.col(column).max().alias("last")).row(0)
    return first, last


# --- records ------------------------------------------------------------------------------------------------------


def records_payloads(seed: int = DEFAULT_SEED, days: int = WIDE_DAYS) -> Iterator[Payload]:
    """ISO-NE's day-ahead prices: a report per month, comments first, a trailer that counts the data last.

    A month's report is made when its last day has cleared: none tells a price before the auction.
    """
    told = region_parts("ISONE", seed, days)
    rows = _with_clock(told, told.part("price_dam"))
    rows = rows.with_columns(pl.col("entity").str.strip_prefix("DAM:"))
    wide = rows.pivot("variable", index=["hour", "local", "local_date", "entity"], values="value", maintain_order=True)
    ptid = {zone.name: zone.ptid for zone in told.sim.region.zones}
    wide = wide.with_columns(pl.col("local_date").dt.strftime("%Y%m").alias("month"))
    for (month,), part in wide.partition_by("month", maintain_order=True, as_dict=True).items():
        first, last = _days(part, "local_date")
        made = last - timedelta(days=1)
        lines = [
            '"C","Day-Ahead Market Final LMP"',
            f'"C","Report for: {first:%m/%d/%Y} - {last:%m/%d/%Y}"',
            f'"C","Report generated: {made:%m/%d/%Y} 13:00:00 EST"',
            '"H","Date","Hour Ending","Location ID","Location Name","Location Type","Locational Marginal Price",'
            '"Energy Component","Congestion Component","Marginal Loss Component"',
            '"H","Date","String","Number","String","String","$/MWh","$/MWh","$/MWh","$/MWh"',
        ]
        zones = part.select("local", "entity", "lmp", "energy", "congestion", "loss").iter_rows()
        data = [
            f'"D","{at:%m/%d/%Y}","{at.hour + 1:02d}","{ptid[zone]}","{zone}","LOAD ZONE",{",".join(values)}'
            for at, zone, *values in zones
        ]
        text = "\r\n".join([*lines, *data, f'"T","{len(data)}"', ""])
        yield Payload(RECORDS, text.encode(), f"synthetic:records/ISONE/WW_DALMP_ISO_{month!s}.csv", "synthetic")
