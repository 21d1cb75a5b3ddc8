"""The SQL of the words of runs. Whole constants; every value is bound. It never takes the lock of a run."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction

from history.search_words import Term, as_match, as_tsquery, as_tsvector

BATCH = 50
_IS_POSTGRES = connection.vendor == "postgresql"
_WRITE = (
    """INSERT INTO run_text (rowid, team_id, seq, words) SELECT id, team_id, %s, %s::tsvector FROM run WHERE id = %s
    ON CONFLICT (rowid) DO UPDATE SET seq = excluded.seq, words = excluded.words"""
    if _IS_POSTGRES
    else """INSERT OR REPLACE INTO run_text (rowid, team, seq, words) SELECT id, 't' || team_id, %s, %s FROM run WHERE id = %s"""
)
_OLDER = (
    """SELECT rowid FROM run_text WHERE team_id = %s AND words @@ %s::tsquery AND rowid < %s ORDER BY rowid DESC LIMIT %s"""
    if _IS_POSTGRES
    else """SELECT rowid FROM run_text WHERE run_text MATCH %s AND rowid < %s ORDER BY rowid DESC LIMIT %s"""
)
_NEWER = (
    """SELECT rowid FROM run_text WHERE team_id = %s AND words @@ %s::tsquery AND rowid > %s ORDER BY rowid LIMIT %s"""
    if _IS_POSTGRES
    else """SELECT rowid FROM run_text WHERE run_text MATCH %s AND rowid > %s ORDER BY rowid LIMIT %s"""
)
_NEW = """
    SELECT run.id, run.seq, run.created_at, text.rowid IS NOT NULL FROM run LEFT JOIN run_text text ON text.rowid = run.id
    WHERE run.id > %s ORDER BY run.id LIMIT %s"""
_ENDED = """
    SELECT run.id, run.seq, run.finished_at, text.rowid IS NOT NULL AND text.seq = run.seq
    FROM run LEFT JOIN run_text text ON text.rowid = run.id
    WHERE run.finished_at IS NOT NULL AND run.finished_at > %s ORDER BY run.finished_at LIMIT %s"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A run that may have to be indexed: at which event it is, when it began or ended, whether it is done already."""

    run: int
    seq: int
    at: float
    is_indexed: bool


def write(*, run: int, seq: int, words: Sequence[str]) -> None:
    """Keep the words of a run, a statement and a transaction of its own. Of a run that is gone nothing is kept."""
    text = as_tsvector(words) if _IS_POSTGRES else " ".join(words)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_WRITE, [seq, text, run])
    except IntegrityError:
        return  # it was deleted while we wrote: PostgreSQL's foreign key says so


def find(*, team: int, terms: Sequence[Term], beyond: int, limit: int, is_newer: bool = False) -> list[int]:
    """Runs of the team that have all the terms: the newest of those older than `beyond`, or the oldest of the newer ones."""
    asked = [team, as_tsquery(terms)] if _IS_POSTGRES else [f'team : "t{team}" AND words : ({as_match(terms)})']
    with connection.cursor() as cursor:
        cursor.execute(_NEWER if is_newer else _OLDER, [*asked, beyond, limit])
        return [row[0] for row in cursor.fetchall()]


def begun_after(run: int, *, limit: int) -> list[Found]:
    """Runs with larger ids, in order."""
    return _found(_NEW, run, limit)


def ended_after(at: float, *, limit: int) -> list[Found]:
    """Runs that ended or failed later, in that order."""
    return _found(_ENDED, at, limit)


def _found(statement: str, after: float, limit: int) -> list[Found]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [after, limit])
        rows = cursor.fetchall()
    return [Found(run=run, seq=seq, at=at, is_indexed=bool(done)) for run, seq, at, done in rows]
