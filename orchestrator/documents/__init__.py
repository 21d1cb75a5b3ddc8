"""Reads documents: PDF with tables, DOCX, XLSX, CSV, HTML and plain text, each in a child process with limits (security S11)."""

from orchestrator.documents.errors import DocumentRefused
from orchestrator.documents.reading import LARGEST, parse

__all__ = ["LARGEST", "DocumentRefused", "parse"]
