"""Node types and tools for tests and benchmarks: the package that BATON_PLUGINS names there."""
