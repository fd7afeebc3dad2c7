"""The golden questions through the embedded engine against SQL written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from semantic.engine import Engine
from semantic.model import load_model
from tests.unit.semantic.golden import Golden, difference, golden


def test_the_set_is_large_and_asks_every_measure_of_every_view() -> None:
    assert len(golden()) >= 80
    asked = {m for g in golden() for m in g.query["measures"]}
    there = {f"{v.name}.{m.name}" for v in load_model().views.values() for m in v.of_kind("measure")}
    assert there - asked == set()
    assert {g.view for g in golden()} == set(load_model().views)


@pytest.mark.parametrize("question", golden(), ids=lambda g: g.name)
def test_the_engine_answers_as_sql_does(question: Golden, engine: Engine, gold: Any) -> None:
    answer = engine.query(question.query)
    wanted = gold.execute(question.sql).fetchall()
    assert wanted, "the sample does not exercise it"
    assert len({row[: question.keys] for row in wanted}) == len(answer.rows())
    assert difference([tuple(r.values()) for r in answer.rows()], wanted, question.keys) == ""


def test_a_wrong_answer_is_told() -> None:
    assert "instead of" in difference([("a", 1.0)], [("a", 1.0 + 1e-8)], 1)
    assert "one answer only" in difference([("a", 1.0)], [("b", 1.0)], 1)
    assert "instead of" in difference([("a", 0.0)], [("a", None)], 1)
    assert difference([("a", 1.0)], [("a", 1.0 + 1e-12)], 1) == ""
