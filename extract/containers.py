"""Containers: a payload's files out of zip, gzip or nothing, with every limit a hostile file could break.

Belongs here: opening, and refusing what must not be opened. What stands in the files is the readers' matter.
"""

from __future__ import annotations

import gzip
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from extract.feed import Payload
from gridlake.errors import PayloadRefused
from gridlake.settings import limit

MAX_EXPANDED_BYTES = limit("EXPANDED_MB", 512) * 1024 * 1024  # of one payload; the largest real one expands to 20 MB
MAX_RATIO = limit("EXPANSION_RATIO", 200)  # text of operators shrinks 10 to 40 times
MAX_COLUMNS = limit("COLUMNS", 10_000)  # the widest real file has some hundred; a million take minutes and gigabytes
RATIO_APPLIES_FROM_BYTES = 4 * 1024 * 1024  # a few kilobytes of blanks are no bomb

FETCH_AGAIN = "Fetch the file again from the operator."


@dataclass(frozen=True)
class Member:
    """One file of a payload. `modified` is the wall clock a zip keeps for it; None elsewhere."""

    name: str
    data: bytes
    modified: datetime | None = None


def place_of(payload: Payload, member: Member) -> str:
    """How messages name a member: the payload's path, and the member's name where it is another."""
    place = payload.path.as_posix()
    return place if member.name == payload.name else f"{place}/{member.name}"


def members(payload: Payload, *, unzip: bool = True) -> list[Member]:
    """The files of a payload in their own order: those of a zip, or the one of a gzip or plain file.

    `unzip=False` for formats that are zips themselves (workbooks): the limits of a zip are still held.

    Raises `PayloadRefused` for a truncated, encrypted or empty container, for names that lead out of a directory, for
    links, and for a payload that expands beyond `MAX_EXPANDED_BYTES` or, when large, more than `MAX_RATIO` times.
    """
    place = payload.path.as_posix()
    if payload.data.startswith(b"PK") or payload.name.endswith(".zip"):
        found = _zip_members(payload, place)
        if not unzip:
            found = [Member(payload.name, payload.data)]
    elif payload.data.startswith(b"\x1f\x8b") or payload.name.endswith(".gz"):
        found = [Member(payload.name, _gunzip(payload, place))]
    else:
        found = [Member(payload.name, payload.data)]
    if not found:
        raise PayloadRefused(payload.feed, place, "is an archive without any file", FETCH_AGAIN)
    return found


def _zip_members(payload: Payload, place: str) -> list[Member]:
    try:
        with zipfile.ZipFile(io.BytesIO(payload.data)) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            for info in infos:
                _check_name(payload, place, info)
            _check_expansion(payload, place, infos)
            return [
                Member(info.filename, _read_member(payload, place, archive, info), _modified(info)) for info in infos
            ]
    # ValueError, LookupError, struct.error: what a damaged directory of members makes of zipfile.
    except (
        zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError, LookupError, struct.error,
    ) as error:  # fmt: skip
        raise PayloadRefused(
            payload.feed, place, f"cannot be opened as a zip: truncated or damaged ({error})", FETCH_AGAIN
        ) from error


def _check_name(payload: Payload, place: str, info: zipfile.ZipInfo) -> None:
    name = info.filename
    escapes = (
        name.startswith(("/", "\\")) or "\\" in name or ".." in PurePosixPath(name).parts or re.match(r"^\w:", name)
    )
    if escapes or stat.S_ISLNK(info.external_attr >> 16):
        raise PayloadRefused(
            payload.feed, place, f"holds a member that leads out of the archive: {name!r}", "Do not use this file."
        )


def _check_expansion(payload: Payload, place: str, infos: Iterable[zipfile.ZipInfo]) -> None:
    total = 0
    for info in infos:
        total += info.file_size
        bomb = info.file_size > RATIO_APPLIES_FROM_BYTES and info.file_size > MAX_RATIO * max(info.compress_size, 1)
        if bomb or total > MAX_EXPANDED_BYTES:
            raise _too_large(payload, place)


def _too_large(payload: Payload, place: str) -> PayloadRefused:
    return PayloadRefused(
        payload.feed,
        place,
        f"expands beyond {MAX_EXPANDED_BYTES // 2**20} MB or more than {MAX_RATIO} times",
        "Check where the file came from; split it if it is genuine, or set GRIDLAKE_MAX_EXPANDED_MB or GRIDLAKE_MAX_EXPANSION_RATIO.",
    )


def _read_member(payload: Payload, place: str, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as handle:
        data = handle.read(info.file_size + 1)  # bounded: a header may lie about the size
    if len(data) > info.file_size:
        raise _too_large(payload, place)
    return data


def check_width(payload: Payload, place: str, width: int) -> None:
    """Raises `PayloadRefused` for a table of more columns than `MAX_COLUMNS`, before a cell is read."""
    if width > MAX_COLUMNS:
        raise PayloadRefused(
            payload.feed,
            place,
            f"has {width:,} columns, more than {MAX_COLUMNS:,}",
            "Check where the file came from; set GRIDLAKE_MAX_COLUMNS if it is genuine.",
        )


def _modified(info: zipfile.ZipInfo) -> datetime | None:
    try:
        return datetime(*info.date_time)
    except ValueError:
        return None


def _gunzip(payload: Payload, place: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(payload.data)) as handle:
            data = handle.read(MAX_EXPANDED_BYTES + 1)
    except (gzip.BadGzipFile, zlib.error, EOFError, OSError) as error:
        raise PayloadRefused(
            payload.feed, place, f"cannot be opened as gzip: truncated or damaged ({error})", FETCH_AGAIN
        ) from error
    large = len(data) > RATIO_APPLIES_FROM_BYTES
    if len(data) > MAX_EXPANDED_BYTES or (large and len(data) > MAX_RATIO * len(payload.data)):
        raise _too_large(payload, place)
    return data
