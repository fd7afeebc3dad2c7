"""The README tells no lies: its commands exist and explain themselves, and its paths are there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from functools import cache

import pytest
from click.testing import CliRunner

from gridlake.cli import cli
from gridlake.settings import PROJECT_ROOT

README = PROJECT_ROOT / "README.md"
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@cache
def text() -> str:
    return README.read_text()


def command_lines() -> list[str]:
    """Every line of a code block that calls make or gridlake, without its remark."""
    lines = [line.strip().removeprefix("$ ") for block in _FENCE.findall(text()) for line in block.splitlines()]
    return [line for line in lines if re.match(r"(\.venv/bin/)?(make|gridlake)\b", line)]


def inline_commands() -> list[str]:
    found = [code.strip() for code in _CODE.findall(_FENCE.sub("", text()))]
    return [code for code in found if re.match(r"(\.venv/bin/)?(make|gridlake)\s", code)]


def words(line: str) -> list[str]:
    return shlex.split(line, comments=True)


COMMANDS = sorted(set(command_lines() + inline_commands()))


def test_there_is_something_to_check() -> None:
    assert any(line.startswith("make run") for line in command_lines())
    assert sum(line.startswith("gridlake ") for line in command_lines()) >= 3


@pytest.mark.parametrize("line", [c for c in COMMANDS if words(c)[0] == "make"])
def test_make_targets_exist(line: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("no make on this machine")
    done = subprocess.run(
        ["make", "-n", *words(line)[1:]], cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("line", [c for c in COMMANDS if words(c)[0].endswith("gridlake")])
def test_gridlake_commands_exist_with_the_options_shown(line: str) -> None:
    name, *rest = words(line)[1:]
    helped = CliRunner().invoke(cli, [name, "--help"])
    assert helped.exit_code == 0, helped.output
    assert "Examples:" in helped.output
    options = {word.split("=")[0] for word in rest if re.match(r"--[a-z]", word)}
    assert {option for option in options if option not in helped.output} == set()


@pytest.mark.parametrize(
    "path",
    sorted(
        {link.split("#")[0] for link in _LINK.findall(text()) if not re.match(r"[a-z]+:", link) and link.split("#")[0]}
        | {
            code
            for code in _CODE.findall(_FENCE.sub("", text()))
            if re.fullmatch(r"[\w.-]+(/[\w.-]+)*/?", code) and ("/" in code or re.search(r"\.(md|toml|yml|py|lock)$", code))
            and not code.startswith(".venv")
        }
    ),
)  # fmt: skip
def test_paths_exist(path: str) -> None:
    assert (PROJECT_ROOT / path).exists(), f"README.md names {path}"
