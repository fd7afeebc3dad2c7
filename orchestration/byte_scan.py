"""Looking through every byte of a home for words: what an erasure proves itself by.

Belongs here: opening whatever a home keeps — payloads (unpacked, zips within), Parquet (its bytes and its decoded text), the
warehouse's own tables, all other files as they lie — and counting. What is looked for is the caller's matter.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Count = Callable[[bytes], int]


@dataclass
class Scan:
    """What was searched: files, the bytes looked at (unpacked), and the files with hits."""

    files: int = 0
    bytes: int = 0
    hits: dict[str, int] = field(default_factory=dict)


def counter(words: list[str], *, others: list[str]) -> Count:
    """A function that counts `words` in bytes, less where they only stand within one of `others`.

    >>> counter(["C00012"], others=["C000123", "C0001234"])(b"C00012,C0001234;xC00012")
    2
    """
    needles = [word.encode() for word in words if word]
    around = {needle: _places_within(needle, [other.encode() for other in others]) for needle in needles}

    def count(data: bytes) -> int:
        return sum(
            _stands_alone(data, needle, at, around[needle]) for needle in needles for at in _places(needle, data)
        )

    return count


def _places(needle: bytes, data: bytes) -> Iterator[int]:
    at = data.find(needle)
    while at >= 0:
        yield at
        at = data.find(needle, at + 1)


def _places_within(needle: bytes, others: list[bytes]) -> list[tuple[bytes, int]]:
    """The longer words that hold the needle, each with the place where."""
    return [(other, place) for other in others if other != needle for place in _places(needle, other)]


def _stands_alone(data: bytes, needle: bytes, at: int, around: list[tuple[bytes, int]]) -> bool:
    return not any(at >= place and data.startswith(other, at - place) for other, place in around)


def scan_home(home: Path, count: Count) -> Scan:
    """Count in every file below `home`, unpacked as far as it can be."""
    scan = Scan()
    for path in sorted(p for p in home.rglob("*") if p.is_file()):
        scan.files += 1
        found = 0
        for data in _faces(path):
            scan.bytes += len(data)
            found += count(data)
        if found:
            scan.hits[str(path.relative_to(home))] = found
    return scan


def _faces(path: Path) -> Iterator[bytes]:
    """The file as it lies, and what it says once unpacked."""
    data = path.read_bytes()
    yield data
    if path.suffix == ".parquet":
        yield from _parquet_text(path)
    elif path.suffix == ".duckdb":
        yield from _warehouse_text(path)
    else:
        yield from unpacked(data)


def unpacked(data: bytes) -> Iterator[bytes]:
    """What a gzip or zip holds, and what those hold in turn."""
    try:
        if data.startswith(b"\x1f\x8b"):
            inner = gzip.decompress(data)
            yield inner
            yield from unpacked(inner)
        elif data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for name in archive.namelist():
                    inner = archive.read(name)
                    yield inner
                    yield from unpacked(inner)
        elif data.startswith(b"PAR1"):
            yield from _parquet_text(io.BytesIO(data))
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):
        return  # a damaged file was searched as it lies; `gridlake verify` names it


def _parquet_text(source: Path | io.BytesIO) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = pq.ParquetFile(source)
    text = [f.name for f in file.schema_arrow if pa.types.is_string(f.type) or pa.types.is_large_string(f.type)]
    if text:
        for batch in file.iter_batches(columns=text):
            for column in batch.columns:
                yield "\n".join(str(v) for v in column.unique().to_pylist() if v is not None).encode()


def _warehouse_text(path: Path) -> Iterator[bytes]:
    """Text of the warehouse file's own tables: its pages may be compressed. Its views read files searched already."""
    import duckdb

    from gridlake.duck import sql_identifier

    con = duckdb.connect(str(path), read_only=True)
    try:
        columns = con.execute(
            "select c.schema_name, c.table_name, c.column_name from duckdb_columns() c join duckdb_tables() t "
            "on c.table_oid = t.table_oid where c.data_type = 'VARCHAR' and not c.internal"
        ).fetchall()
        for schema, table, column in columns:
            name = f"{sql_identifier(schema)}.{sql_identifier(table)}"
            rows = con.execute(f"select distinct {sql_identifier(column)} from {name}").fetchall()
            yield "\n".join(str(value) for (value,) in rows if value is not None).encode()
    finally:
        con.close()
