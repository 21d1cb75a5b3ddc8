"""The only modules that read and write the rows of a run, in SQL. Every function runs on a committer's connection.

`commit` applies commands to a run, `begin` starts one, `journal` writes calls, `reads` answers questions, `processes` keeps
the leases. Only orchestrator.operations imports this package.
"""
