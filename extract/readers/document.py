"""Documents: JSON and XML, as flat records."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from extract.containers import FETCH_AGAIN, Member, members, place_of
from extract.feed import Payload
from extract.formats import Header, Table, joined, refuse_empty, select_cells
from extract.readers.common import cells_of, decoded
from gridlake.errors import PayloadRefused


def json_document(payload: Payload, member: Member) -> Any:
    """The member's JSON. Raises `PayloadRefused` where it is none: truncated, or an error page."""
    text = decoded(payload, member)
    try:
        return json.loads(text, parse_float=str, parse_int=str)  # numbers stay as printed
    except (json.JSONDecodeError, RecursionError) as error:
        what = f"is not JSON ({error}); it begins with {text[:60]!r}"
        raise PayloadRefused(payload.feed, place_of(payload, member), what, FETCH_AGAIN) from error


@dataclass(frozen=True)
class Json:
    """JSON documents: `records` finds the list of flat records in the document; their keys are the column names.

    `records` raises `KeyError`, `TypeError`, `IndexError` or `AttributeError` where the document has another shape; that refuses the
    payload. A record's nested values are kept as JSON text; keys that the first records lack count as columns too.
    is_flat: the document is one list of records and nothing else in it counts, groups or dates them.
    """

    records: Callable[[Any], Sequence[Mapping[str, Any]]]
    is_flat: bool = True

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        return joined([self._member(payload, member, header, on) for member in members(payload)])

    def _member(self, payload: Payload, member: Member, header: Header, on: date | None) -> Table:
        place = place_of(payload, member)
        document = json_document(payload, member)
        try:
            records = [dict(record) for record in self.records(document)]
        except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
            what = f"has not the shape this feed knows ({type(error).__name__}: {error})"
            raise PayloadRefused(
                payload.feed, place, what, "Fetch it again; if the source changed it, teach the feed."
            ) from error
        return records_table(payload, place, member.name, records, header, on)


def records_table(
    payload: Payload,
    place: str,
    member: str,
    records: Sequence[Mapping[str, Any]],
    header: Header,
    on: date | None = None,
) -> Table:
    """Flat records (JSON objects, XML elements) as a table. Raises `PayloadRefused` for none, or a missing column."""
    if not records:
        raise refuse_empty(payload, place, "holds no records")
    found = list(dict.fromkeys(key for record in records for key in record))
    rows = ([_json_text(record.get(key)) for key in found] for record in records)
    cells, malformed = cells_of(rows, len(found), member)
    return select_cells(payload, place, member, found, cells, header, malformed=malformed, on=on)


def _json_text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return value.strip() if isinstance(value, str) else json.dumps(value)


def xml_root(payload: Payload, member: Member) -> Any:
    """The root element. A document type declaration is refused, and with it every entity; so is what is not XML."""
    from xml.etree import ElementTree

    text = decoded(payload, member)
    place = place_of(payload, member)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise PayloadRefused(payload.feed, place, "declares a document type or entities", "Do not use this file.")
    try:
        return ElementTree.fromstring(text.encode())
    except ElementTree.ParseError as error:
        what = f"is not XML ({error}); it begins with {text[:60]!r}"
        raise PayloadRefused(payload.feed, place, what, FETCH_AGAIN) from error


@dataclass(frozen=True)
class Xml:
    """XML documents: `records` turns the root element into flat records, and raises as `Json.records` does."""

    records: Callable[[Any], Sequence[Mapping[str, Any]]]

    def read(self, payload: Payload, header: Header, on: date | None = None) -> Table:
        tables = []
        for member in members(payload):
            root, place = xml_root(payload, member), place_of(payload, member)
            try:
                records = list(self.records(root))
            except (KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
                what = f"has not the shape this feed knows ({type(error).__name__}: {error})"
                raise PayloadRefused(
                    payload.feed, place, what, "Fetch it again; if the source changed it, teach the feed."
                ) from error
            tables.append(records_table(payload, place, member.name, records, header, on))
        return joined(tables)
