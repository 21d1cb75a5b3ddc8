"""The pages of reviews. Each view parses, makes one call, renders."""
