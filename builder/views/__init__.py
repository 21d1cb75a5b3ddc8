"""The pages of workflows. Each view parses, makes one call, renders."""
