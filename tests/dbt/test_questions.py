"""The forty questions, asked of a small published home: each is one query, and each but those about what the home lacks has an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import duckdb
import pytest

from gridlake.lake import table_exists
from gridlake.settings import Settings
from gridlake.snapshot import connect_snapshot, publish
from tests.dbt.questions import Question, questions

QUESTIONS = questions()
AUDIENCES = ("Planning", "Trading", "Operations", "Regulation", "Customer")
# The synthetic grid has no plants by state, no region that tells its total generation, and one whole month of meters.
WITHOUT_ANSWER = {"P6", "O3", "R6", "R7", "C8"}


@pytest.fixture(scope="module")
def published(built_home: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    tables = sorted(path.name for path in built_home.gold.iterdir() if table_exists(path))
    con = connect_snapshot(publish(built_home, tables, run_id="questions", as_of_utc={}))
    yield con
    con.close()


def test_there_are_eight_questions_for_each_of_five_audiences() -> None:
    assert Counter(q.audience for q in QUESTIONS.values()) == dict.fromkeys(AUDIENCES, 8)
    assert len({q.words for q in QUESTIONS.values()}) == 40
    assert all(q.words.endswith("?") for q in QUESTIONS.values())
    assert all(q.sql.lower().startswith("select") and ";" not in q.sql for q in QUESTIONS.values()), "one query each"


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=lambda q: q.question_id)
def test_a_question_has_an_answer(question: Question, published: duckdb.DuckDBPyConnection) -> None:
    answer = published.execute(question.sql).pl()
    assert len(answer.columns) >= 2
    assert not any("(" in name for name in answer.columns), "every column has a name of its own"
    if question.question_id in WITHOUT_ANSWER:
        assert answer.is_empty(), "it has an answer now: take it off the list"
        return
    assert answer.height >= 1
    numbers = [c for c, kind in answer.schema.items() if kind.is_numeric()]
    assert any(answer[c].null_count() < answer.height for c in numbers)
    assert all(answer[c].is_finite().fill_null(value=True).all() for c in numbers if answer[c].dtype.is_float())
