"""Providers that say what a test tells them."""
