"""How large a text may be, and how much of it is not learnt from, in one place."""

MEGABYTE = 1024 * 1024
LARGEST_TEXT = 512 * MEGABYTE  # of text, unpacked, that comes through a browser or from the web
LARGEST_FILE = 1024 * MEGABYTE  # as uploaded, packed or not
LARGEST_ON_DISK = 64 * 1024 * MEGABYTE  # of a file named by its path, packed or not, and of its text: it streams, and some ten thousand million words fit
SPARE = 1024 * MEGABYTE  # of the disk that a very large text leaves free
LARGEST_DOWNLOAD = 512 * MEGABYTE
HELD_OUT = 0.05  # the share of a text, at its end, that is not learnt from
LONGEST_LINE = 64 * MEGABYTE  # of a table or of JSON lines: one record is held in memory


def megabytes(n_bytes: int) -> str:
    """A size as a reader likes it."""
    if n_bytes < MEGABYTE // 10:
        return f"{n_bytes:,} bytes"
    return f"{n_bytes / MEGABYTE:,.{0 if n_bytes >= 10 * MEGABYTE else 1}f} MB"
