"""Files for other tools: their form, what they refer to, and what they must not hold."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
import python_calamine
import yaml
from click.testing import CliRunner

from gridlake.errors import GridlakeError
from gridlake.settings import PROJECT_ROOT, Settings
from gridlake.snapshot import Snapshot
from semantic.bi import excel, exposures
from semantic.bi.commands import bi
from semantic.bi.tableau import Server, data_source
from semantic.model import load_model

MODEL = load_model()


@pytest.fixture(scope="module")
def written(published: tuple[Settings, Snapshot], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bi")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRIDLAKE_HOME", str(published[0].home))
        patch.setenv("CUBE_API_SECRET", "never-in-a-file")
        patch.setenv("EIA_API_KEY", "never-in-a-file")
        patch.delenv("CUBE_API_URL", raising=False)
        done = CliRunner().invoke(bi, [str(folder), "--host", "cube.example.org", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["snapshot_id"] == published[1].snapshot_id
    return folder


@pytest.mark.parametrize("view", sorted(MODEL.views))
def test_a_tableau_source_has_every_member_with_its_unit_and_meaning(view: str, written: Path) -> None:
    root = ElementTree.parse(written / "tableau" / f"{view}.tds").getroot()
    relation = root.find("./connection/relation")
    assert relation is not None
    assert relation.get("table") == f"[public].[{view}]"
    connection = root.find("./connection/named-connections/named-connection/connection")
    assert connection is not None
    assert (connection.get("class"), connection.get("server"), connection.get("port")) == (
        "postgres",
        "cube.example.org",
        "15432",
    )
    assert connection.get("username") == ""
    assert "password" not in {k.lower() for k in connection.attrib}
    columns = {str(c.get("name")).strip("[]"): c for c in root.findall("column")}
    shown = MODEL.view(view).members
    assert set(columns) == set(shown)
    for name, column in columns.items():
        member = shown[name].member
        assert column.findtext("desc/formatted-text/run") == member.description
        assert str(column.get("caption")).endswith(f"({member.unit})" if member.unit else member.title)
        assert (column.get("role") == "measure") <= (member.kind == "measure")
        assert ("aggregation" in column.attrib) == (member.kind == "measure")


def test_a_views_text_cannot_break_the_file() -> None:
    root = ElementTree.fromstring(data_source(MODEL.view("prices"), Server(host='a"><evil/>')).encode())
    assert root.find(".//evil") is None


def test_power_bi_connections_name_server_and_folder(written: Path) -> None:
    (cube,) = json.loads((written / "power-bi" / "gridlake-cube.pbids").read_text())["connections"]
    assert cube == {
        "details": {"protocol": "postgresql", "address": {"server": "cube.example.org:15432", "database": "cube"}}, "options": {},
        "mode": "DirectQuery",
    }  # fmt: skip
    (folder,) = json.loads((written / "power-bi" / "gridlake-parquet.pbids").read_text())["connections"]
    assert folder["details"]["protocol"] == "folder"
    assert Path(folder["details"]["address"]["path"]) == written / "parquet"


def test_the_folder_of_parquet_is_the_published_gold(written: Path, published: tuple[Settings, Snapshot]) -> None:
    files = {f.stem: pq.ParquetFile(f) for f in (written / "parquet").glob("*.parquet")}
    assert set(files) == set(published[1].tables)
    for name, table in published[1].tables.items():
        assert files[name].metadata.num_rows == table["rows"], name
        assert set(files[name].schema_arrow.names) == {c["name"] for c in table["schema"]} - {"month"}


def test_the_workbook_has_the_dictionary_and_the_layers_numbers(written: Path, gold: object) -> None:
    book = python_calamine.load_workbook(str(written / "gridlake.xlsx"))
    assert book.sheet_names == ["About", "Dictionary", *(s.name for s in excel.SHEETS)]
    meaning = {(str(r[0]), str(r[1])): (r[4], r[5]) for r in book.get_sheet_by_name("Dictionary").to_python()[1:]}
    wanted = {
        (v.name, n): (m.member.unit, m.member.description) for v in MODEL.views.values() for n, m in v.members.items()
    }
    assert meaning == wanted
    head, *rows = book.get_sheet_by_name("Load by day").to_python()
    assert "Average load (MW)" in head
    found = {(r[0], str(r[head.index("Local day")])[:10]): r[head.index("Average load (MW)")] for r in rows}
    sql = "select avg(load_mw) from fct_load_hourly where zone_id = 'NYISO.TOTAL' and local_date = '2026-03-10'"
    assert found["NYISO", "2026-03-10"] == pytest.approx(gold.execute(sql).fetchone()[0])  # type: ignore[attr-defined]


def test_a_cell_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    import xlsxwriter

    texts = ["=1+1", "@cmd", "+2", "-3", "{=1}", "https://example.org"]
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        excel._sheet(book, "A", ["=head()"], [(t,) for t in texts], book.add_format(), book.add_format())
    import zipfile

    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        body = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in body
    assert "hyperlink" not in body
    cells = [r[0] for r in python_calamine.load_workbook(str(tmp_path / "a.xlsx")).get_sheet_by_index(0).to_python()]
    assert cells == ["=head()", *texts]


def test_a_sheet_that_cannot_hold_its_rows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel, "ROWS", 2)
    with pytest.raises(GridlakeError, match="a sheet holds 1"):
        excel._sheet(None, "A", ["x"], [(1,), (2,)], None, None)


def test_no_file_holds_a_credential(written: Path) -> None:
    for file in (*written.glob("tableau/*"), *written.glob("power-bi/*")):
        text = file.read_text()
        assert "never-in-a-file" not in text
        assert not re.search(
            r"password\s*[=:]|secret|token|api.?key", text.replace("username-password", ""), re.IGNORECASE
        ), file


def test_sheets_ask_for_members_that_exist() -> None:
    for sheet in excel.SHEETS:
        shown = MODEL.view(sheet.view).members
        assert {*sheet.measures, *sheet.by} <= set(shown)
        assert len(sheet.name) <= 31, "Excel's limit"


def test_an_unknown_table_is_answered_with_the_nearest(published: tuple[Settings, Snapshot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("GRIDLAKE_HOME", str(published[0].home))
    done = CliRunner().invoke(bi, [str(tmp_path), "--only", "parquet", "--tables", "fct_load_hourli"])
    assert done.exit_code == 1
    assert "fct_load_hourly" in done.stderr


def test_exposures_are_current() -> None:
    assert exposures.FILE.read_text() == exposures.text(), "run python -m semantic.bi.exposures"


def test_every_page_bi_file_and_model_is_an_exposure_of_tables_that_exist() -> None:
    listed = {e["name"]: e for e in yaml.safe_load(exposures.FILE.read_text())["exposures"]}
    pages = re.findall(r'Page\("(\w+)"', (PROJECT_ROOT / "apps" / "streamlit_app" / "pages_list.py").read_text())
    assert pages
    assert {f"app_{p}" for p in pages} | {"bi_tableau", "bi_power_bi", "bi_excel"} <= set(listed)
    models = {f.stem for f in (PROJECT_ROOT / "dbt_project" / "models" / "gold").glob("*.sql")}
    for name, exposure in listed.items():
        tables = set(re.findall(r"ref\('(\w+)'\)", " ".join(exposure["depends_on"])))
        assert tables, name
        assert tables <= models, name


def test_the_models_exposures_name_what_ml_reads() -> None:
    read = set(re.findall(r"\bgold\.(\w+)", (PROJECT_ROOT / "ml" / "lake.py").read_text()))
    assert {t for tables in exposures.MODELS.values() for t in tables} == read


@pytest.mark.parametrize("page", ["bi-tableau", "bi-power-bi", "bi-excel"])
def test_a_page_names_the_files_that_are_written(page: str, written: Path) -> None:
    text = (PROJECT_ROOT / "docs" / f"{page}.md").read_text()
    named = {
        "bi-tableau": "tableau/load.tds",
        "bi-power-bi": "power-bi/gridlake-cube.pbids",
        "bi-excel": "gridlake.xlsx",
    }[page]
    assert named in text
    assert (written / named).exists()
    for view in re.findall(r"`(\w+)\.tds`", text):
        assert view in MODEL.views
    assert "Limits" in text
