"""What the processes of a race do. Apart from the tests, so that a spawned process imports little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gridlake.contracts import Column, TableContract

READINGS = TableContract(
    "reading",
    (
        Column("payload_sha256", "text", "The payload.", nullable=False),
        Column("row_number", "bigint", "Place in the payload.", nullable=False),
        Column("month", "text", "Partition.", nullable=False),
    ),
    ("month",),
)


def readings(payloads: list[str], rows_each: int = 3, month: str = "2024-01") -> Any:
    import pyarrow as pa

    return pa.table(
        {
            "payload_sha256": [p for p in payloads for _ in range(rows_each)],
            "row_number": list(range(1, rows_each + 1)) * len(payloads),
            "month": [month] * rows_each * len(payloads),
        },
        schema=READINGS.arrow_schema(),
    )


def append_all(path: Path, payloads: list[str], start: Any) -> None:
    """Append each payload on its own, all processes at once."""
    from gridlake import lake

    lake.table_exists(path)  # imports done before the gun
    start.wait(timeout=60)
    for payload in payloads:
        lake.append_payloads(path, READINGS, readings([payload]), [payload])


def use_ledger(path: Path, run_id: str, start: Any) -> None:
    """Record a run with thirty landings."""
    from gridlake.ops import OpsStore

    ops = OpsStore(path)
    start.wait(timeout=60)
    ops.start_run(run_id, "synthetic")
    for number in range(30):
        ops.record_landing(run_id, f"feed_{number}", "synthetic", "landed", {"rows_read": number})
    ops.finish_run(run_id, "published", 0)
