"""`python -m core.training RUN`: trains a run, or goes on with it, in this process. RUN is an id of the workspace or a folder."""

import os
import sys
from pathlib import Path

from core.training.failing import in_words
from core.training.launching import ENVIRONMENT
from core.training.run import Run, find


def main(arguments: list[str]) -> int:
    launched = "--launched" in arguments  # by core.training.launching, which has removed the old wish; a newer one counts
    names = [each for each in arguments if each != "--launched"]
    if len(names) != 1 or names[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 0 if names in (["-h"], ["--help"]) else 2
    try:
        run = Run(Path(names[0])) if launched else find(names[0])
        run.config.check()
        if not launched and not run.held():
            (run.folder / "stop").unlink(missing_ok=True)
        os.environ.update({**ENVIRONMENT, **os.environ})
        from core.training.trainer import train  # after the checks: it imports the slow things

        train(run)
    except (ValueError, OSError) as error:
        print(in_words(error) if isinstance(error, OSError) else error, file=sys.stderr)
        return 2
    if error_sentence := run.error():
        print(error_sentence, file=sys.stderr)
    return 1 if error_sentence else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
