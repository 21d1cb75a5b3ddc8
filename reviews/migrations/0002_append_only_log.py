"""The database itself refuses to change the review log."""

from django.db import migrations

from reviews.log_triggers import install, remove


def _install(apps, schema_editor):
    for statement in install(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


def _remove(apps, schema_editor):
    for statement in remove(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ("reviews", "0001_first"),
    ]

    operations = [migrations.RunPython(_install, _remove)]
