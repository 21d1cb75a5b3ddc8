"""Addresses of the inbox, of reviews and of queues."""

from django.urls import path

from reviews.views import deciding, inbox, queues, review

app_name = "reviews"
urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/count/", inbox.inbox_count, name="inbox_count"),
    path("inbox/fragment/", review.fragment_of_question, name="fragment"),
    path("inbox/<int:review_id>/", review.review, name="review"),
    path("inbox/<int:review_id>/fragment/", review.fragment, name="fragment"),
    path("inbox/<int:review_id>/look/", review.look, name="look"),
    path("inbox/<int:review_id>/decide/", deciding.decide, name="decide"),
    path("inbox/<int:review_id>/claim/", deciding.claim, name="claim"),
    path("inbox/<int:review_id>/release/", deciding.release, name="release"),
    path("inbox/<int:review_id>/undo/", deciding.undo, name="undo"),
    path("settings/queues/", queues.queues, name="queues"),
    path("settings/queues/new/", queues.queue, name="new_queue"),
    path("settings/queues/edit/<slug:slug>/", queues.queue, name="queue"),
]
