"""Stand-ins for what surrounds a part, scripted by tests; no mocks of our own code."""
