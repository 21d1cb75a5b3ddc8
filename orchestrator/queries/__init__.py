"""Reads of runs that change nothing: `steps` for running steps, `runs` for pages and the API, `events` for the hub."""
