"""Addresses below one run's page. Included by history.urls, in its namespace."""

from django.urls import path

from history.run import skipping, views

urlpatterns = [
    path("", views.run, name="run"),
    path("steps/", views.step, name="step"),
    path("state/", views.state, name="run_state"),
    path("log.txt", views.log_file, name="run_log"),
    path("retry/", views.retry, name="retry"),
    path("skip/", skipping.skip, name="skip"),
    path("do/<slug:verb>/", views.do, name="do"),
]
