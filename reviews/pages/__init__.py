"""What the pages of reviews show, as values: read here, drawn by the templates, decided by the operations."""
