"""How a training says what went wrong: one sentence with its remedy in `error.txt`, the place in `log.txt`."""

import errno
import shutil
import traceback

from core.training.run import Run
from core.training.wishes import say
from core.workspace import write_whole


def failed(run: Run, error: Exception) -> None:
    """Writes `error.txt`, if the run's folder is still there."""
    if not run.folder.exists():
        say("The run's folder has gone, so that the training ends.")
        return
    (run.folder / "live.safetensors").unlink(missing_ok=True)  # room for the sentence, should the disk be full
    try:
        write_whole(run.folder / "error.txt", sentence(run, error))
        with open(run.folder / "log.txt", "a", encoding="utf-8") as log:
            traceback.print_exception(error, file=log)
    except OSError as second:
        say(f"error.txt could not be written: {second}")


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
