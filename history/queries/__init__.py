"""What this app's pages read. Of one team; what belongs to another is not found."""
