"""Celery: it carries wake-ups to the workers, nothing else. The rows are the queue; a lost message costs seconds.

Every setting here is a lesson of docs/adr/0010: no result backend, no late ack, no long countdown, ids only, JSON only,
and time limits on every socket, without which a publisher hangs for ever on a Redis that is stopped.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from celery import Celery
from django.conf import settings

SOCKET_SECONDS, CONNECT_SECONDS, HEALTH_CHECK_SECONDS = 5, 2, 5

app = Celery("baton", broker=settings.BROKER_URL, set_as_current=True)
app.set_default()  # "current" holds for one thread only; the publisher has one of its own
app.conf.update(
    accept_content=["json"],
    broker_connection_max_retries=None,  # a worker outlives any outage
    broker_connection_retry=True,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=CONNECT_SECONDS,
    broker_transport_options={
        "health_check_interval": HEALTH_CHECK_SECONDS,
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_keepalive": not settings.BROKER_URL.startswith("redis+socket"),
        "socket_timeout": SOCKET_SECONDS,
    },
    enable_utc=True,
    result_backend=None,
    result_serializer="json",
    task_acks_late=False,
    task_default_queue="default",
    task_ignore_result=True,
    task_publish_retry=False,  # a failed publish is not an error: the sweeper repairs it
    task_serializer="json",
    timezone="UTC",
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
)
app.autodiscover_tasks(["orchestrator"])
