"""Why a document is not read."""

from orchestrator.contract.errors import ToolRefused


class DocumentRefused(ToolRefused):
    """The document cannot be read. Save it anew as PDF, DOCX, XLSX, CSV, HTML or plain text."""

    code = "document_refused"
