"""The page of runs: the list, what is done to several of them, the export; and what people say about a run."""
