"""Who may do what: teams, members, roles, tokens, connections, the audit log."""
