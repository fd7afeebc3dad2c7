"""The command line's shell: exit codes, one JSON document also on failure, usage errors with 1."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import click
import pytest

from gridlake import cli
from gridlake.errors import (
    BuildFailed,
    ExitCode,
    GateFailed,
    GridlakeError,
    NothingPublished,
    PayloadRefused,
    UsageError,
)


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Exit code of `gridlake <arguments>`."""
    monkeypatch.setattr("sys.argv", ["gridlake", *arguments])
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A command `probe` that does what the test says."""
    does: dict[str, Any] = {"act": lambda: None}

    @click.command()
    @cli.command_options
    def command(as_json: bool) -> int | None:
        """Examples: gridlake probe"""
        result: int | None = does["act"]()
        return result

    original = cli.LazyCommands.get_command
    monkeypatch.setattr(
        cli.LazyCommands,
        "get_command",
        lambda self, ctx, name: command if name == "probe" else original(self, ctx, name),
    )
    return does


@pytest.mark.parametrize("code", list(ExitCode))
def test_a_commands_code_is_the_exit_code(
    monkeypatch: pytest.MonkeyPatch, probe: dict[str, Any], code: ExitCode
) -> None:
    probe["act"] = lambda: code
    assert call(monkeypatch, "probe") == code


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("What is wrong.", "Do this."), 1),
        (NothingPublished("What is wrong.", "Do this."), 1),
        (GateFailed("What is wrong.", "Do this."), 2),
        (BuildFailed("What is wrong.", "Do this."), 2),
        (PayloadRefused("nyiso_pal", "pal.zip", "What is wrong", "Do this."), 3),
        (GridlakeError("What is wrong.", "Do this."), 4),
    ],
    ids=lambda x: type(x).__name__,
)
def test_errors_exit_with_their_code_and_say_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    probe: dict[str, Any],
    error: GridlakeError,
    code: int,
) -> None:
    def fail() -> None:
        raise error

    probe["act"] = fail
    assert call(monkeypatch, "probe") == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "What is wrong." in printed.err
    assert "remedy: Do this." in printed.err
    assert "Traceback" not in printed.err
    assert call(monkeypatch, "probe", "--json") == code
    document = json.loads(capsys.readouterr().out)["error"]
    assert document["type"] == type(error).__name__
    assert (document["message"], document["remedy"]) == (error.message, "Do this.")
    assert document.get("feed") == ("nyiso_pal" if isinstance(error, PayloadRefused) else None)


def test_an_unexpected_error_is_internal_and_shows_its_traceback_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], probe: dict[str, Any]
) -> None:
    probe["act"] = lambda: 1 / 0
    assert call(monkeypatch, "probe", "--json") == ExitCode.INTERNAL
    printed = capsys.readouterr()
    assert json.loads(printed.out)["error"]["type"] == "ZeroDivisionError"
    assert "Traceback" not in printed.err
    assert call(monkeypatch, "probe", "--debug") == ExitCode.INTERNAL
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["frobnicate"], ["probe", "--frobnicate"], ["--frobnicate"]])
def test_usage_errors_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], probe: dict[str, Any], arguments: list[str]
) -> None:
    assert call(monkeypatch, *arguments) == ExitCode.USAGE
    printed = capsys.readouterr()
    assert "frobnicate" in printed.err
    assert printed.out == ""
    assert call(monkeypatch, *arguments, "--json") == ExitCode.USAGE
    assert "frobnicate" in json.loads(capsys.readouterr().out)["error"]["message"]


def test_interrupted_is_not_success(monkeypatch: pytest.MonkeyPatch, probe: dict[str, Any]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    probe["act"] = interrupt
    assert call(monkeypatch, "probe") == ExitCode.INTERNAL


def test_help_and_version_exit_0(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "--version") == 0
    assert cli.__version__ in capsys.readouterr().out
    assert call(monkeypatch, "--help") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("run", "status", "feeds", "quarantine", "verify", "query", "metric"))


def test_every_command_explains_itself_with_examples() -> None:
    context = click.Context(cli.cli)
    names = cli.cli.list_commands(context)
    assert names
    for name in names:
        command = cli.cli.get_command(context, name)
        assert command is not None
        assert "Examples:" in (command.help or ""), name
        assert {"--json", "--debug"} <= {option for p in command.params for option in p.opts}, name


def test_not_a_number_is_refused_in_json() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        cli.print_json({"mape": float("nan")})


def test_tables_show_numbers_and_gaps(capsys: pytest.CaptureFixture[str]) -> None:
    cli.print_table([{"feed": "a", "rows": 1234567, "score": 0.98765, "stale": False, "first": None}])
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("1,234,567", "0.99", "no", "–"))


def test_a_piped_table_folds_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    cli.print_table([{f"long_name_{i}": f"[value] {i} " + "x" * 60 for i in range(8)}], title="t" * 300)
    title, _, row = capsys.readouterr().out.splitlines()
    assert title == "t" * 300
    assert all(f"[value] {i} " + "x" * 60 in row for i in range(8))


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = [sys.executable, "-c", "from gridlake.cli import main; main()", "feeds"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
