"""Triggers that keep the audit log append-only, in the words of each database. Pure text: a migration runs it.

SQLite rebuilds a table that a migration alters, and its triggers go with the old one: a migration that alters
`audit_entry` must install them again. A test looks for them after all migrations.
"""

COLUMNS = ("id", "team_id", "at", "action", "subject", "data", "user_id", "user_name", "through", "token_id")
REFUSAL = "the audit log is append-only"


def install(vendor: str) -> list[str]:
    """The statements that install the triggers on that kind of database."""
    return _POSTGRESQL if vendor == "postgresql" else _SQLITE


def remove(vendor: str) -> list[str]:
    """The statements that take them away; tests need it to empty the table."""
    if vendor == "postgresql":
        return [
            "DROP TRIGGER IF EXISTS audit_entry_rows ON audit_entry",
            "DROP TRIGGER IF EXISTS audit_entry_whole ON audit_entry",
            "DROP FUNCTION IF EXISTS audit_entry_refuse()",
        ]
    return ["DROP TRIGGER IF EXISTS audit_entry_update", "DROP TRIGGER IF EXISTS audit_entry_delete"]


def _changed(sign: str) -> str:
    return " OR ".join(f"NEW.{column} {sign} OLD.{column}" for column in COLUMNS)


_SQLITE = [
    f"""CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry
        WHEN OLD.link_number IS NOT NULL OR {_changed("IS NOT")}
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
    f"""CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry
        BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END""",
]
_POSTGRESQL = [
    f"""CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                IF OLD.link_number IS NULL AND NOT ({_changed("IS DISTINCT FROM")}) THEN RETURN NEW; END IF;
            END IF;
            RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
        END $$""",
    """CREATE TRIGGER audit_entry_rows BEFORE UPDATE OR DELETE ON audit_entry
        FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()""",
    """CREATE TRIGGER audit_entry_whole BEFORE TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()""",
]
