"""Power BI connection files (`.pbids`): Cube's SQL API as PostgreSQL, and a folder of Parquet."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from semantic.bi.tableau import Server


def sql_api(server: Server) -> str:
    """DirectQuery over Cube's SQL API. Credentials are asked for by Power BI when it opens."""
    address = {"server": f"{server.host}:{server.port}", "database": server.database}
    return _text({"details": {"protocol": "postgresql", "address": address}, "options": {}, "mode": "DirectQuery"})


def folder(path: Path) -> str:
    """Import of the files under a folder. Power BI wants an absolute path: of another machine it has to be changed."""
    return _text(
        {"details": {"protocol": "folder", "address": {"path": str(path.resolve())}}, "options": {}, "mode": "Import"}
    )


def _text(connection: dict[str, Any]) -> str:
    return json.dumps({"version": "0.1", "connections": [connection]}, indent=2) + "\n"
