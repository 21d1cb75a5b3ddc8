"""What can be done to a run: the only modules that write its state. One function, one transaction, one run.

`runs` is what people do, `answers` answers questions, `work` is the workers' hot path, `calls` the journal's, `upkeep` the
pulse's and the sweeper's. They run on the connection of the thread that calls them.
"""
