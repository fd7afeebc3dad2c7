"""`gridlake ask`: a question in plain language from the shell. Belongs here: arguments and output."""

from __future__ import annotations

import json
from typing import Any

import click

from gridlake.cli import command_options, print_json, say

SHOWN_ROWS = 40


@click.command()
@click.argument("question", nargs=-1, required=True)
@command_options
def ask(question: tuple[str, ...], as_json: bool) -> int:
    """A question in plain language, answered by the semantic layer: a sentence, the rows, and the query it was read as.

    Times refer to the end of the published data. What is not understood is not guessed: exit code 1, with what could be meant.

    \b
    Examples:
      gridlake ask "average load in NYISO last week"
      gridlake ask "west hub prices over the last 24 hours"
      gridlake ask "July 2017 vs July 2016 total load in PJM"
      gridlake ask "top 5 most expensive zones in NYISO yesterday, day-ahead" --json
    """
    from semantic.ask.answer import ask as answer
    from semantic.ask.reading import NotUnderstood
    from semantic.client import SemanticClient

    text = " ".join(question)
    try:
        found = answer(text, SemanticClient())
    except NotUnderstood as error:
        if as_json:
            print_json(
                {
                    "outcome": "refused" if error.is_refused else "unsure",
                    "question": text,
                    "error": {"type": "NotUnderstood", "message": error.message, "remedy": error.remedy},
                    "nearest": error.nearest,
                }
            )
        say(f"not answered: {error.message}")
        say(error.remedy)
        return 1
    if as_json:
        print_json(document(found))
        return 0
    click.echo(found.sentence)
    _print_rows(found.result)
    for note in found.notes:
        say(f"read {note}")
    say(f"query: {json.dumps({k: v for k, v in found.query.items() if v})}")
    say(f"snapshot {found.result.meta.get('snapshot_id', '')}")
    return 0


def _print_rows(result: Any) -> None:
    from semantic.commands import print_rows

    frame = result.frame
    if frame.height > 1 or frame.width > 1:
        click.echo()
        titles = [result.label(c) for c in frame.columns]
        print_rows(titles, frame.head(SHOWN_ROWS).rows(), "table", {})
        if frame.height > SHOWN_ROWS:
            say(f"{SHOWN_ROWS} of {frame.height:,} rows shown; --json gives all")


def document(found: Any) -> dict[str, Any]:
    """An answer for machines."""
    from semantic.commands import _json_value

    frame = found.result.frame
    rows = [dict(zip(frame.columns, map(_json_value, row), strict=True)) for row in frame.iter_rows()]
    return {
        "outcome": "answered" if rows else "empty", "question": found.question, "answer": found.sentence, "query": found.query,
        "reader": found.reader, "notes": list(found.notes), "columns": frame.columns, "rows": rows, "row_count": len(rows),
        "chart": found.chart, "annotation": found.result.annotation, "meta": found.result.meta,
    }  # fmt: skip
