"""Addresses of this app's pages: the settings of connections, limits and budgets."""

from django.urls import path

from orchestrator.views import connection, connections, limits

app_name = "orchestrator"
urlpatterns = [
    path("settings/connections/", connections.connections, name="connections"),
    path("settings/connections/add/", connections.choose, name="choose_provider"),
    path("settings/connections/add/<slug:provider>/", connections.add, name="add_connection"),
    path("settings/connections/<int:connection_id>/", connection.show, name="connection"),
    path("settings/connections/<int:connection_id>/<slug:verb>/", connection.act, name="change_connection"),
    path("settings/limits/", limits.limits, name="limits"),
    path("settings/limits/<slug:verb>/", limits.act, name="change_limits"),
]
