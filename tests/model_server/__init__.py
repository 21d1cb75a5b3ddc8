"""A local server that speaks three vendors' wire protocols, for contract tests, fault tests and benchmarks."""
