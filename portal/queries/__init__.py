"""Everything that only reads: selects, and read-only dataclasses for pages and reports."""
