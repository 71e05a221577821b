"""How a training says what went wrong: one sentence with its remedy in `error.txt`, the place in `log.txt`."""

import errno
import shutil
import traceback

from core.training.run import Run
from core.training.wishes import say
from core.workspace import write_whole

REMEDIES = {
    errno.EROFS: "Set ORRERY_HOME, or --to, to a folder on a disk that can be written to.",
    errno.EACCES: "Change its permissions, or set ORRERY_HOME to a folder of your own.",
    errno.EEXIST: "It is a file; name a folder, with --to or in ORRERY_HOME.",
    errno.ENOTDIR: "It is a file; name a folder, with --to or in ORRERY_HOME.",
    errno.ENOSPC: "Make room, by deleting runs for instance, and try again.",
}


def failed(run: Run, error: Exception) -> None:
    """Writes `error.txt`, if the run's folder is still there."""
    if not run.folder.exists():
        say("The run's folder has gone, so that the training ends.")
        return
    said = sentence(run, error)
    for name in ("live.safetensors", "doing.json"):  # room for the sentence, should the disk be full
        (run.folder / name).unlink(missing_ok=True)
    try:
        write_whole(run.folder / "error.txt", said)
        with open(run.folder / "log.txt", "a", encoding="utf-8") as log:
            traceback.print_exception(error, file=log)
    except OSError as second:
        say(f"{said} ({second.strerror}: error.txt or log.txt is not whole.)")


def sentence(run: Run, error: Exception) -> str:
    """What went wrong and what to do about it, in words."""
    kept = max(run.checkpoint_steps(), default=0)
    kept_words = f"What was learnt up to step {kept} is kept: resume from there." if kept else "Nothing had been kept yet: resume to start over."
    if isinstance(error, ValueError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        free = shutil.disk_usage(run.folder).free / 1e6
        return f"The disk is full ({free:,.0f} MB free). Make room, by deleting runs for instance. {kept_words}"
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):
        return "There is not enough memory for this. Start a new run with a smaller batch_size, n_ctx or d_model, or close other programs and resume."
    if isinstance(error, FileNotFoundError):
        return f"A file of the run has gone while it trained ({error.filename}). {kept_words}"
    return f"Something went wrong that nobody foresaw: {type(error).__name__}: {error}. log.txt says where. {kept_words}"


def in_words(error: OSError) -> str:
    """What the system refused, and what to do."""
    remedy = REMEDIES.get(error.errno or 0, "See whether the folder is there and can be written to, or set ORRERY_HOME to another.")
    return f"{error.filename or 'The workspace'} cannot be used: {error.strerror or error}. {remedy}"
