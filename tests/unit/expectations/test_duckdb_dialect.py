"""The dialect that lets Great Expectations read inside DuckDB."""

from __future__ import annotations

import duckdb
import pytest
import sqlalchemy as sa

from expectations import duckdb_dialect


def test_results_outlive_their_connection() -> None:
    """What plain DuckDB drops: rows fetched after the connection was given back."""
    con = duckdb.connect()
    con.execute("create table t as select * from range(3) r(n)")
    with duckdb_dialect.shared("test", con) as url:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            result = connection.execute(sa.text("select n from t order by n"))
            first = result.fetchone()
            connection.rollback()
            rest = result.fetchall()
    assert first == (0,)
    assert [row[0] for row in rest] == [1, 2]


def test_fetching_in_pieces() -> None:
    con = duckdb.connect()
    cursor = duckdb_dialect.BufferedConnection(con).cursor()
    cursor.execute("select * from range(5)")
    assert cursor.fetchmany(2) == [(0,), (1,)]
    assert cursor.fetchone() == (2,)
    assert cursor.fetchmany() == [(3,)]
    assert cursor.fetchall() == [(4,)]
    assert cursor.fetchone() is None
    assert cursor.fetchall() == []


def test_parameters_are_bound() -> None:
    con = duckdb.connect()
    with duckdb_dialect.shared("test", con) as url, sa.create_engine(url).connect() as connection:
        value = "x'; drop table t; --"
        assert connection.execute(sa.text("select :v"), {"v": value}).scalar_one() == value


def test_nothing_is_opened_that_is_not_shared() -> None:
    with pytest.raises(KeyError, match="no DuckDB connection is shared under 'nobody'"):
        sa.create_engine(duckdb_dialect.url("nobody")).connect()


def test_sharing_ends_with_its_block() -> None:
    con = duckdb.connect()
    with duckdb_dialect.shared("test", con) as url:
        engine = sa.create_engine(url)
        engine.connect().close()
    with pytest.raises(KeyError, match="'test'"):
        engine.connect()
    assert con.execute("select 1").fetchone() == (1,), "the shared connection itself stays open"
