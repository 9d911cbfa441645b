"""Names that users give: which of them tables, files and terminals can show."""

from __future__ import annotations

NAME_BYTES = 200
"""Longest name in UTF-8. File systems allow 255, and names get suffixes."""


def fault_of_name(name: str) -> str | None:
    """Return why tables, files and terminals cannot show a name, None if they can."""
    if not name.strip():
        return f"must not be empty, got {name!r}; give it a name"
    if not name.isprintable():
        return f"must have printable characters only, got {ascii(name)[:80]}; leave them out"
    if (length := len(name.encode())) > NAME_BYTES:
        return f"must be at most {NAME_BYTES} bytes long, got {length} ({name[:20]}...); shorten it"
    return None
