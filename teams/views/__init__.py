"""The pages about people: coming in, one's profile, the team, its members, tokens, tables and the audit log.

Each view parses, makes one call, renders.
"""
