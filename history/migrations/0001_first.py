"""The words of runs: a tsvector with a GIN index on PostgreSQL, FTS5 on SQLite; and how far the indexing has come."""

import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models

POSTGRES = (
    """CREATE TABLE run_text (
        rowid bigint PRIMARY KEY REFERENCES run (id) ON DELETE CASCADE,
        team_id bigint NOT NULL,
        seq integer NOT NULL,
        words tsvector NOT NULL
    )""",
    "CREATE INDEX run_text_words ON run_text USING gin (words)",
)
SQLITE = (
    """CREATE VIRTUAL TABLE run_text USING fts5 (
        team, words, seq UNINDEXED, columnsize = 0, tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
    )""",
)


def make(apps, editor):
    for statement in POSTGRES if editor.connection.vendor == "postgresql" else SQLITE:
        editor.execute(statement)


def drop(apps, editor):
    editor.execute("DROP TABLE run_text")


class Migration(migrations.Migration):

    initial = True

    dependencies = [("orchestrator", "0001_first")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(make, drop)],
            state_operations=[
                migrations.CreateModel(
                    name="RunText",
                    fields=[
                        (
                            "run",
                            models.OneToOneField(
                                db_column="rowid",
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="+",
                                serialize=False,
                                to="orchestrator.run",
                            ),
                        ),
                    ],
                    options={"db_table": "run_text", "default_manager_name": "unscoped"},
                    managers=[("unscoped", django.db.models.manager.Manager())],
                ),
            ],
        ),
        migrations.CreateModel(
            name="SearchProgress",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("run", models.BigIntegerField(default=0)),
                ("ended_at", models.FloatField(default=0)),
            ],
            options={
                "db_table": "search_progress",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="search_progress_once"),
                ],
            },
        ),
    ]
