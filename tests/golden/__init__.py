"""Runs that a release left paused, and the events that it wrote: later releases must resume the ones and read the others."""
