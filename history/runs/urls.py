"""Addresses of the list of runs and of comments. Included by history.urls, in its namespace."""

from django.urls import path

from history.runs import comments, export, views

urlpatterns = [
    path("", views.runs, name="runs"),
    path("bulk/", views.bulk, name="bulk"),
    path("export/<slug:kind>/", export.export, name="export"),
    path("comments/", comments.comments, name="comments"),
    path("comments/<int:comment_id>/", comments.edit, name="edit_comment"),
    path("comments/<int:comment_id>/delete/", comments.delete, name="delete_comment"),
]
