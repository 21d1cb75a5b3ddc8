"""How a step runs in a worker process: `turn` claims and settles, `context` is what the node's code sees, `committers`
hold the database connections, `io` the outbound calls, `pulse` the leases and hints."""
