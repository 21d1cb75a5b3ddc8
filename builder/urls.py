"""Addresses of the workflows of a team."""

from django.urls import path

from builder.views import changing, gallery, importing, listing, starting, workflow

app_name = "builder"
urlpatterns = [
    path("workflows/", listing.workflows, name="workflows"),
    path("workflows/templates/", gallery.gallery, name="templates"),
    path("workflows/templates/<slug:name>/use/", gallery.use, name="use"),
    path("workflows/import/", importing.import_file, name="import"),
    path("workflows/<int:workflow_id>/", workflow.workflow, name="workflow"),
    path("workflows/<int:workflow_id>/start/", starting.start, name="start"),
    path("workflows/<int:workflow_id>/export/", workflow.export, name="export"),
    path("workflows/<int:workflow_id>/edit/", changing.edit, name="edit"),
    path("workflows/<int:workflow_id>/limit/", changing.limit, name="limit"),
    path("workflows/<int:workflow_id>/retention/", changing.retention, name="retention"),
    path("workflows/<int:workflow_id>/duplicate/", changing.duplicate, name="duplicate"),
    path("workflows/<int:workflow_id>/archive/", changing.archive, name="archive"),
    path("workflows/<int:workflow_id>/delete/", changing.delete, name="delete"),
    path("workflows/<int:workflow_id>/restore/", changing.restore, name="restore"),
]
