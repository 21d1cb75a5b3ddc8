"""Addresses of this app beside the REST routes."""

from django.urls import path

from orchestrator import views

urlpatterns = [path("runs/<int:run_id>/stream", views.stream, name="run-stream")]
