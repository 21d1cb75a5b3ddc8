"""What changes teams, members, tokens, connections and tables: verbs, in modules named by noun.

Every operation writes its audit entry in its own function and transaction.
"""
