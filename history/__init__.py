"""What happened: the runs of a team, found again."""
