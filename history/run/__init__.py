"""The page of one run: what it shows is made here as values, from reads of orchestrator/queries; the views parse and render.

`spans`, `critical`, `names`, `said` and `chart` know no framework.
"""
