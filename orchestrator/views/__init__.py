"""What this app shows outside the REST routes: the stream of a run, and the settings pages of connections and limits."""
