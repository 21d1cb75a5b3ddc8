"""The database itself refuses to change the audit log."""

from django.db import migrations

from teams.audit_triggers import install, remove


def _install(apps, schema_editor):
    for statement in install(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


def _remove(apps, schema_editor):
    for statement in remove(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):

    dependencies = [
        ("teams", "0002_everything_of_a_team"),
    ]

    operations = [migrations.RunPython(_install, _remove)]
