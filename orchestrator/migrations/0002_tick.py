from django.db import migrations


class Migration(migrations.Migration):
    """The one row that says when the next process of the cluster may sweep."""

    dependencies = [("orchestrator", "0001_first")]
    operations = [migrations.RunSQL("INSERT INTO tick (due) VALUES (0)", "DELETE FROM tick")]
