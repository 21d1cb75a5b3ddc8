"""Node types that do next to nothing, or just what a test needs."""
