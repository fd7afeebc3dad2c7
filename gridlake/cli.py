"""The command line's shell: finds each room's commands by entry point, loads one only when it is called.

Belongs here: exit codes, `--json`, `--debug`, how tables are printed. What a command does stands in its room and is
registered in `pyproject.toml` under `gridlake.commands`.
"""

from __future__ import annotations

import functools
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

import click

from gridlake import __version__
from gridlake.errors import ExitCode, GridlakeError, PayloadRefused

GROUP = "gridlake.commands"
PIPE_WIDTH = 100_000  # characters: no row is longer


class LazyCommands(click.Group):
    """A group whose commands are entry points, imported on first use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({e.name for e in entry_points(group=GROUP)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for entry in entry_points(group=GROUP, name=cmd_name):
            command = entry.load()
            assert isinstance(command, click.Command)
            return command
        return None


@click.group(cls=LazyCommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="gridlake")
def cli() -> None:
    """GridLake: raw grid feeds to gated star schemas, forecasts and metrics.

    \b
    Exit codes: 0 done · 1 usage · 2 a gate failed, nothing published · 3 published, but a feed is stale · 4 internal
    Examples:
      gridlake run                                   build everything on the synthetic grid
      gridlake run --origin archive --archive DIR    the same on recorded operator files
      gridlake query "select * from fct_load_hourly limit 5"
    """


def say(text: str = "") -> None:
    """Progress and remarks for people: stderr, so that stdout stays data."""
    click.echo(text, err=True)


def print_json(document: Mapping[str, Any] | Sequence[Any]) -> None:
    click.echo(json.dumps(document, default=str, allow_nan=False))


def print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None, title: str = "") -> None:
    """Rows as a table that fits the terminal; in a pipe or a file as wide as its rows, so that no value folds."""
    from rich.console import Console
    from rich.table import Table

    table = Table(header_style="bold", box=None, pad_edge=False)
    names = list(columns or (rows[0].keys() if rows else []))
    for name in names:
        numeric = any(isinstance(r.get(name), int | float) and not isinstance(r.get(name), bool) for r in rows)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*[_cell(row.get(name)) for name in names])
    console = Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, markup=False, emoji=False)
    with console.capture() as shown:  # rich itself would end the process where a reader closes the pipe
        if title:
            console.print(title, style="italic", highlight=False)
        console.print(table)
    click.echo(shown.get(), nl=False)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return str(value)


def command_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--json` and `--debug` for a command, and one way to fail.

    The command receives `as_json: bool` and returns an exit code or None. A `GridlakeError` is printed as one message
    with its remedy (and as JSON where asked for); anything else is an internal error, exit 4.
    """

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON document for machines, also on failure.")
    @click.option("--debug", is_flag=True, help="Show tracebacks.")
    @functools.wraps(function)
    def wrapper(*args: Any, as_json: bool, debug: bool, **kwargs: Any) -> None:
        try:
            code = function(*args, as_json=as_json, **kwargs) or ExitCode.DONE
            sys.stdout.flush()
        except BrokenPipeError:  # a reader that has seen enough (`| head`) is no error
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing more to flush at exit
            code = ExitCode.DONE
        except GridlakeError as error:
            if debug:
                traceback.print_exc()
            if as_json:
                print_json({"error": describe_error(error)})
            say(f"error: {error.message}")
            if error.remedy:
                say(f"remedy: {error.remedy}")
            code = error.exit_code
        except click.ClickException:
            raise
        except Exception as error:
            if debug:
                traceback.print_exc()
            if as_json:
                print_json(
                    {
                        "error": {
                            "type": type(error).__name__,
                            "message": str(error),
                            "remedy": "Run again with --debug.",
                        }
                    }
                )
            say(f"internal error: {type(error).__name__}: {error}")
            say("remedy: run again with --debug and report what it shows.")
            code = ExitCode.INTERNAL
        sys.exit(int(code))

    return wrapper


def describe_error(error: GridlakeError) -> dict[str, Any]:
    """An error as JSON: type, message, remedy, and the feed and place where there are any."""
    body: dict[str, Any] = {"type": type(error).__name__, "message": error.message, "remedy": error.remedy}
    if isinstance(error, PayloadRefused):
        body |= {"feed": error.feed, "place": error.place}
    return body


def main() -> None:
    """Entry point of the `gridlake` script: a usage error of click exits 1, not click's own 2."""
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.exceptions.Abort:
        say("interrupted")
        sys.exit(int(ExitCode.INTERNAL))
    except click.ClickException as error:
        if "--json" in sys.argv:
            print_json({"error": {"type": "UsageError", "message": error.format_message(), "remedy": "See --help."}})
        error.show()
        sys.exit(int(ExitCode.USAGE))


if __name__ == "__main__":
    main()
