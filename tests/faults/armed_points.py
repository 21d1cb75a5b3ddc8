"""What the crash points and those who wait for them agree on."""

CRASHED = 71
"""The exit status of a process that died where it was told to."""
