"""Addresses of this app."""

from django.urls import path

from ui.views import choose_appearance

app_name = "ui"
urlpatterns = [path("appearance/", choose_appearance, name="appearance")]
