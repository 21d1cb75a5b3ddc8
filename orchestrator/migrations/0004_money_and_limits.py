import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orchestrator', '0003_cached_result'),
        ('teams', '0003_append_only_audit'),
    ]

    operations = [
        migrations.AddField(
            model_name='ledgerentry',
            name='is_estimate',
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name='limit',
            name='tokens_left',
            field=models.FloatField(db_default=0),
        ),
        migrations.AddField(
            model_name='limit',
            name='tokens_per_minute',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='run',
            name='stored',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.CreateModel(
            name='Breaker',
            fields=[
                ('connection', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='teams.connection')),
                ('state', models.CharField(max_length=10)),
                ('failures', models.PositiveIntegerField()),
                ('due_at', models.FloatField()),
            ],
            options={
                'db_table': 'breaker',
                'default_manager_name': 'unscoped',
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['closed', 'open', 'half_open'])), name='breaker_state_known')],
            },
            managers=[
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
    ]
