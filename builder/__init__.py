"""How a workflow is written, kept as a file, and published. The gallery's templates are here."""
