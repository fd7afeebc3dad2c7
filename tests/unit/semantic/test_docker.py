"""The files that start Cube with its SQL API; a running one is asked where CUBE_SQL_DSN names it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest
import yaml

from gridlake.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "infra" / "docker"


def test_compose_runs_the_stock_image_with_the_sql_api_and_no_secret() -> None:
    text = (FOLDER / "compose.yml").read_text()
    services = yaml.safe_load(text)["services"]
    assert set(services) == {"cube", "cubestore"}
    assert services["cube"]["image"].startswith("cubejs/cube:")
    assert services["cubestore"]["image"].startswith("cubejs/cubestore:")
    environment = services["cube"]["environment"]
    assert environment["CUBEJS_TESSERACT_SQL_PLANNER"] == "false"
    assert environment["CUBEJS_PG_SQL_PORT"] == "15432"
    assert all(p.startswith("127.0.0.1:") for p in services["cube"]["ports"])
    for name in ("CUBEJS_API_SECRET", "CUBEJS_SQL_USER", "CUBEJS_SQL_PASSWORD"):
        assert environment[name].startswith("${" + name + ":?"), "must be given, has no default"
    assert all(v.endswith(":ro") for v in services["cube"]["volumes"])


def test_the_image_is_of_the_version_that_the_tests_run() -> None:
    lock = (PROJECT_ROOT / "tests" / "cube" / "package.json").read_text()
    (version,) = set(re.findall(r"CUBE_VERSION:-v([\d.]+)", (FOLDER / "compose.yml").read_text()))
    assert f'"{version}"' in lock


def test_what_is_mounted_exists() -> None:
    for volume in yaml.safe_load((FOLDER / "compose.yml").read_text())["services"]["cube"]["volumes"]:
        source = volume.partition(":")[0]
        if not source.startswith("$"):
            assert (FOLDER / source).exists(), source


def test_every_variable_of_compose_is_in_the_example() -> None:
    named = set(re.findall(r"\$\{(\w+)", (FOLDER / "compose.yml").read_text()))
    listed = set(re.findall(r"^(\w+)=", (PROJECT_ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named | {"CUBE_SQL_DSN"} <= listed


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.parametrize(("regions", "seen"), [("*", '"*"'), ("NYISO, PJM", '["NYISO","PJM"]'), ("", "[]")])
def test_the_sql_apis_user_has_the_rights_of_its_regions(regions: str, seen: str) -> None:
    code = "const c = require('./semantic/cube.js'); const f = u => { try { return JSON.stringify(c.checkSqlAuth({}, u)); } catch (e) { return e.message; } }; console.log(f('ada')); console.log(f('eve'));"  # fmt: skip
    environment = {
        "PATH": os.environ["PATH"],
        "CUBEJS_SQL_USER": "ada",
        "CUBEJS_SQL_PASSWORD": "p",
        "CUBEJS_SQL_REGIONS": regions,
    }
    done = subprocess.run(
        ["node", "-e", code], cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=True
    )
    known, unknown = done.stdout.splitlines()
    assert known == f'{{"password":"p","securityContext":{{"regions":{seen}}}}}'
    assert unknown == "Unknown user or password."


@pytest.mark.skipif(not os.environ.get("CUBE_SQL_DSN"), reason="CUBE_SQL_DSN names no running SQL API")
def test_a_running_sql_api_answers() -> None:
    assert shutil.which("psql"), "psql is needed to ask the SQL API"
    sql = "select region_id, measure(peak_load_mw) from load group by 1 order by 1"
    done = subprocess.run(
        ["psql", os.environ["CUBE_SQL_DSN"], "-At", "-c", sql], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip()
