"""What a run does next, decided by pure functions. Standard library only: no clock, no I/O, no randomness."""
