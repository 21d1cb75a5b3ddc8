"""The `baton` command: what people do in a terminal."""
