"""Triggers that keep the review log append-only, in the words of each database. Pure text: a migration runs it.

SQLite rebuilds a table that a migration alters, and its triggers go with the old one: a migration that alters `review_log`
must install them again. Deleting is allowed: the rows go with their review, and it with its run and team.
"""

REFUSAL = "the review log is append-only"


def install(vendor: str) -> list[str]:
    """The statements that install the trigger on that kind of database."""
    if vendor == "postgresql":
        return [
            f"""CREATE FUNCTION review_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
            """CREATE TRIGGER review_log_update BEFORE UPDATE ON review_log
                FOR EACH ROW EXECUTE FUNCTION review_log_refuse()""",
        ]
    return [
        f"""CREATE TRIGGER review_log_update BEFORE UPDATE ON review_log
            BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"""
    ]


def remove(vendor: str) -> list[str]:
    """The statements that take it away."""
    if vendor == "postgresql":
        return [
            "DROP TRIGGER IF EXISTS review_log_update ON review_log",
            "DROP FUNCTION IF EXISTS review_log_refuse()",
        ]
    return ["DROP TRIGGER IF EXISTS review_log_update"]
