"""Readers: a payload's bytes in one file format, as a `Table` of text cells under the header a feed declares.

Belongs here: CSV in its dialects, records with a type letter and a trailer, workbooks, JSON, and the flattening of XML. Each
reader refuses what is not of its format with the member and the reason. What the cells mean stands with the feed.
"""

from extract.readers.common import Reader, decoded
from extract.readers.document import Json, Xml, json_document, records_table, xml_root
from extract.readers.text import Csv, Records, header_lines, read_table
from extract.readers.workbook import Texts, Workbook, cell_text, open_workbook

__all__ = [
    "Csv",
    "Json",
    "Reader",
    "Records",
    "Texts",
    "Workbook",
    "Xml",
    "cell_text",
    "decoded",
    "header_lines",
    "json_document",
    "open_workbook",
    "read_table",
    "records_table",
    "xml_root",
]
