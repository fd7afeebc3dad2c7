"""`gridlake bi`: files for Tableau, Power BI, Excel and notebooks. Belongs here: arguments and output."""

from __future__ import annotations

from pathlib import Path

import click

from gridlake.cli import command_options, print_json, print_table, say

KINDS = ("tableau", "power-bi", "excel", "parquet")


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--only", multiple=True, type=click.Choice(KINDS), help="Write only this; may be repeated.")
@click.option("--host", default="localhost", show_default=True, help="Where Cube's SQL API listens.")
@click.option("--port", default=15432, show_default=True, type=click.IntRange(1, 65535), help="Its port.")
@click.option("--database", default="cube", show_default=True, help="Its database's name.")
@click.option("--tables", default="", help="Tables of the Parquet folder, separated by commas [default: all of gold].")
@command_options
def bi(directory: Path, only: tuple[str, ...], host: str, port: int, database: str, tables: str, as_json: bool) -> None:
    """Files for other tools in DIRECTORY: Tableau, Power BI, Excel, and gold as Parquet. None holds a password.

    Tableau's and Power BI's connections need a Cube server with its SQL API (infra/docker); the workbook and the folder do not.

    \b
    Examples:
      gridlake bi out
      gridlake bi out --only excel --only parquet
      gridlake bi out --only tableau --host cube.example.org
      gridlake bi out --only parquet --tables fct_load_hourly,dim_region
    """
    from semantic.bi import power_bi, tableau
    from semantic.bi.excel import write_workbook
    from semantic.bi.parquet import write_folder
    from semantic.client import SemanticClient

    wanted, server = only or KINDS, tableau.Server(host, port, database)
    client = SemanticClient()
    snapshot = client.snapshot()
    directory.mkdir(parents=True, exist_ok=True)
    written: list[dict[str, object]] = []
    if "tableau" in wanted:
        folder = directory / "tableau"
        folder.mkdir(exist_ok=True)
        for view in client.model.views.values():
            (folder / f"{view.name}.tds").write_text(tableau.data_source(view, server))
        written.append(
            {"what": "Tableau data sources", "where": str(folder), "files": len(client.model.views), "rows": None}
        )
    if "parquet" in wanted:
        say("writing Parquet")
        rows = write_folder(directory / "parquet", snapshot, [t.strip() for t in tables.split(",") if t.strip()])
        written.append({"what": "gold as Parquet", "where": str(directory / "parquet"), "files": len(rows), "rows": sum(rows.values())})  # fmt: skip
    if "power-bi" in wanted:
        folder = directory / "power-bi"
        folder.mkdir(exist_ok=True)
        (folder / "gridlake-cube.pbids").write_text(power_bi.sql_api(server))
        (folder / "gridlake-parquet.pbids").write_text(power_bi.folder(directory / "parquet"))
        written.append({"what": "Power BI connections", "where": str(folder), "files": 2, "rows": None})
    if "excel" in wanted:
        say("writing the workbook")
        sheets = write_workbook(directory / "gridlake.xlsx", client)
        written.append({"what": "workbook", "where": str(directory / "gridlake.xlsx"), "files": 1, "rows": sum(sheets.values())})  # fmt: skip
    if as_json:
        print_json({"snapshot_id": snapshot.snapshot_id, "written": written})
        return
    print_table(written)
    say(f"snapshot {snapshot.snapshot_id}; how to open them: docs/bi-tableau.md, docs/bi-power-bi.md, docs/bi-excel.md")
