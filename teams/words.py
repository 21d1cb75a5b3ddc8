"""Roles, permissions and entries of the audit log in the words of the pages."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from teams.policy import Permission, Role

Text = str | Promise

ROLES: Mapping[Role, tuple[Text, Text]] = {
    Role.viewer: (_("Viewer"), _("Sees workflows, runs, costs and history, and decides reviews of the own queues.")),
    Role.runner: (_("Runner"), _("Also starts, cancels, pauses and retries runs, and comments.")),
    Role.editor: (_("Editor"), _("Also edits drafts, tables, datasets and what agents remember.")),
    Role.publisher: (_("Publisher"), _("Also publishes and restores versions, and sets up queues.")),
    Role.admin: (_("Admin"), _("Also manages members, connections, budgets and tokens, and reads the audit log.")),
    Role.owner: (_("Owner"), _("Also names owners, and deletes the team.")),
    Role.reviewer: (_("Reviewer"), _("Sees and decides only the reviews of the own queues, and what led to them.")),
}
"""Name and description, from the one that may least to the one that may most; the reviewer stands apart."""
PERMISSIONS: Mapping[Permission, tuple[Text, Text]] = {
    Permission.read: (_("Read"), _("See workflows, runs, costs, history and reviews.")),
    Permission.run: (_("Run"), _("Start, cancel, pause and retry runs, and comment.")),
    Permission.review: (_("Review"), _("Claim and decide reviews.")),
    Permission.edit: (_("Edit"), _("Change drafts, tables, datasets and memory.")),
    Permission.publish: (_("Publish"), _("Publish and restore versions, change queues.")),
    Permission.admin: (_("Admin"), _("Manage members, connections, budgets and tokens.")),
}
ENTRIES: Mapping[str, Text] = {
    "budget.set": _("Set a budget"),
    "connection.changed": _("Changed a connection"),
    "connection.created": _("Made a connection"),
    "connection.deleted": _("Deleted a connection"),
    "connection.made_default": _("Made a connection the default"),
    "connection.secret_replaced": _("Replaced a connection's key"),
    "connection.secrets_resealed": _("Sealed the connections' keys anew"),
    "member.added": _("Added a member"),
    "member.invited": _("Made an invitation link"),
    "member.removed": _("Removed a member"),
    "member.role_changed": _("Changed a member's role"),
    "member.sign_in_link_made": _("Made a sign-in link on the server"),
    "member.signed_out_everywhere": _("Signed out everywhere"),
    "member.used_sign_in_link": _("Came in by a one-time link"),
    "queue_saved": _("Saved a queue"),
    "run.deleted": _("Deleted a run"),
    "run.expired": _("Deleted an old run"),
    "table.deleted": _("Deleted a table"),
    "table.imported": _("Imported a table"),
    "team.created": _("Made this team"),
    "team.deleted": _("Deleted the team"),
    "team.founded": _("Made another team"),
    "team.limit_set": _("Set a limit of the team"),
    "team.renamed": _("Renamed the team"),
    "team.switch_set": _("Turned a switch of the team"),
    "token.created": _("Made an API token"),
    "token.revoked": _("Revoked an API token"),
    "version.published": _("Published a version"),
    "workflow.archived": _("Archived a workflow"),
    "workflow.deleted": _("Deleted a workflow"),
    "workflow.edited": _("Edited a workflow"),
    "workflow.limit_set": _("Set a limit of a workflow"),
    "workflow.restored": _("Restored a workflow"),
    "workflow.retention_set": _("Set for how long runs are kept"),
}


def entry_words(action: str) -> Text:
    """What the entry says was done; one that is not listed says it itself."""
    return ENTRIES.get(action, action.replace("_", " ").replace(".", " "))
