"""Numbers and states as people say them."""

from core.training.run import Status

ICONS = {
    "waiting": ":material/hourglass_empty:",
    "preparing": ":material/menu_book:",
    "running": ":material/play_circle:",
    "paused": ":material/pause_circle:",
    "stopped": ":material/stop_circle:",
    "interrupted": ":material/bolt:",
    "failed": ":material/error:",
    "done": ":material/check_circle:",
    "damaged": ":material/broken_image:",
}


def duration(seconds: float | None) -> str:
    """ "8 s", "1 min 20 s", "2 h 5 min"; a dash where it is not known."""
    if seconds is None or seconds != seconds:
        return "–"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole < 600 and whole % 60 else f"{round(whole / 60)} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def state(status: Status) -> str:
    """One short line for a card: icon, state, how far."""
    text = f"{ICONS[status.state]} {status.state}"
    if status.state == "waiting" and status.place:
        return f"{text}, place {status.place}"
    if status.n_steps and status.state not in ("done", "damaged", "preparing", "waiting"):
        return f"{text} · step {status.step:,} of {status.n_steps:,}"
    return text


def plain(text: str) -> str:
    """User's text for a place that reads Markdown: every mark of it escaped, so that it says what it says."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()<>#+-.!|~$:^=&@" else letter for letter in text.replace("\n", " "))


def many(n: int, what: str) -> str:
    """ "1 pair", "2 pairs"."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def percent(share: float) -> str:
    """ "12 %", "3.4 %", "0.2 %", "0.0012 %"."""
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.1f} %" if share >= 0.00095 else f"{100 * share:.2g} %"
