"""How large a text may be, in one place."""

MEGABYTE = 1024 * 1024
LARGEST_TEXT = 512 * MEGABYTE  # of text, unpacked
LARGEST_FILE = 1024 * MEGABYTE  # as uploaded or found on the disk, packed or not
LARGEST_DOWNLOAD = 512 * MEGABYTE
LONGEST_LINE = 64 * MEGABYTE  # of a table or of JSON lines: one record is held in memory


def megabytes(n_bytes: int) -> str:
    """A size as a reader likes it."""
    if n_bytes < MEGABYTE // 10:
        return f"{n_bytes:,} bytes"
    return f"{n_bytes / MEGABYTE:,.{0 if n_bytes >= 10 * MEGABYTE else 1}f} MB"
