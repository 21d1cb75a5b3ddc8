import django.db.models.deletion
import django.db.models.manager
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orchestrator', '0004_money_and_limits'),
        ('teams', '0003_append_only_audit'),
    ]

    operations = [
        migrations.AddField(
            model_name='budget',
            name='model',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.CreateModel(
            name='DeliveredEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(max_length=300)),
                ('payload', models.TextField()),
                ('at', models.FloatField()),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='teams.team')),
            ],
            options={
                'db_table': 'delivered_event',
                'default_manager_name': 'unscoped',
                'indexes': [models.Index(models.F('at'), name='delivered_event_at')],
                'constraints': [models.UniqueConstraint(models.F('team'), models.F('event'), name='delivered_event_newest')],
            },
            managers=[
                ('unscoped', django.db.models.manager.Manager()),
            ],
        ),
    ]
