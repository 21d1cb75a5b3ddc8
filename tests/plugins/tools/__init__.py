"""Tools that tests watch."""
