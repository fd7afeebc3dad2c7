"""Tableau data sources (`.tds`): one for each view, live over Cube's SQL API, which speaks PostgreSQL's protocol.

Belongs here: the file's form. What its columns mean comes from the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from semantic.members import Member, View

CONNECTION = "postgres.gridlake"
_TYPES = {"string": "string", "boolean": "boolean", "number": "real", "time": "datetime"}
# Cube refuses an aggregation that is not the measure's own; one of type number takes any.
_AGGREGATIONS = {
    "sum": "Sum",
    "avg": "Avg",
    "min": "Min",
    "max": "Max",
    "count": "Count",
    "count_distinct": "CountD",
    "time": "Max",
}


@dataclass(frozen=True)
class Server:
    """Where Cube's SQL API listens."""

    host: str = "localhost"
    port: int = 15432
    database: str = "cube"


def data_source(view: View, server: Server) -> str:
    """The file's text. Credentials are asked for by Tableau when it opens."""
    root = Xml.Element("datasource", {"formatted-name": f"GridLake {view.title}", "inline": "true", "version": "18.1"})
    federated = Xml.SubElement(root, "connection", {"class": "federated"})
    named = Xml.SubElement(Xml.SubElement(federated, "named-connections"), "named-connection", {"caption": server.host, "name": CONNECTION})  # fmt: skip
    Xml.SubElement(
        named, "connection",
        {"class": "postgres", "server": server.host, "port": str(server.port), "dbname": server.database, "authentication": "username-password",
         "sslmode": "", "username": ""},
    )  # fmt: skip
    table = {"connection": CONNECTION, "name": view.name, "table": f"[public].[{view.name}]", "type": "table"}
    Xml.SubElement(federated, "relation", table)
    for name, shown in view.members.items():
        _column(root, name, shown.member)
    Xml.indent(root)
    return "<?xml version='1.0' encoding='utf-8' ?>\n" + Xml.tostring(root, encoding="unicode") + "\n"


def _column(root: Xml.Element, name: str, member: Member) -> None:
    is_measure = member.kind == "measure"
    kind = member.type if member.type in _TYPES else "number"
    caption = member.title + (f" ({member.unit})" if member.unit else "")
    body = {
        "caption": caption, "datatype": "integer" if member.type.startswith("count") else _TYPES[kind], "name": f"[{name}]",
        "role": "measure" if is_measure and kind == "number" else "dimension",
        "type": "quantitative" if is_measure and kind == "number" else "ordinal" if kind in ("time", "number") else "nominal",
    }  # fmt: skip
    if is_measure:
        body["aggregation"] = _AGGREGATIONS.get(member.type, "Sum")
    column = Xml.SubElement(root, "column", body)
    if member.description:
        Xml.SubElement(
            Xml.SubElement(Xml.SubElement(column, "desc"), "formatted-text"), "run"
        ).text = member.description
