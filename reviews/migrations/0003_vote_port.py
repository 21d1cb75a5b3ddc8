from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0002_append_only_log'),
    ]

    operations = [
        migrations.AddField(
            model_name='vote',
            name='port',
            field=models.CharField(blank=True, db_default='', max_length=100),
        ),
    ]
