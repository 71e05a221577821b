"""Trains small language models from the command line.

    python -m core train SYSTEM --corpus TEXT --n-steps N ...   train here; --help after a SYSTEM shows all its settings
    python -m core list                                         the runs
    python -m core resume RUN                                   go on with one
    python -m core export RUN --format vec|tsv|weights          write its results for other programs
    python -m core delete RUN                                   remove it

Everything is kept in runs/ beside the app, or in $ORRERY_HOME. The app shows the same runs."""

import errno
import sys

REMEDIES = {
    errno.EROFS: "Set ORRERY_HOME, or --to, to a folder on a disk that can be written to.",
    errno.EACCES: "Change its permissions, or set ORRERY_HOME to a folder of your own.",
    errno.EEXIST: "It is a file; name a folder, with --to or in ORRERY_HOME.",
    errno.ENOTDIR: "It is a file; name a folder, with --to or in ORRERY_HOME.",
    errno.ENOSPC: "Make room, by deleting runs for instance, and try again.",
}


def in_words(error: OSError) -> str:
    """What the system refused, and what to do."""
    remedy = REMEDIES.get(error.errno or 0, "See whether the folder is there and can be written to, or set ORRERY_HOME to another.")
    return f"{error.filename or 'The workspace'} cannot be used: {error.strerror or error}. {remedy}"


def main(arguments: list[str]) -> int:
    from core.systems import SYSTEMS

    described = f"{__doc__}\n\nSystems:\n" + "\n".join(f"    {row.name:<12}{row.title} ({row.year}). {row.difference}" for row in SYSTEMS)
    if not arguments or arguments[0] in ("-h", "--help") or arguments in (["train"], ["train", "-h"], ["train", "--help"]):
        print(described)
        return 0 if arguments[-1:] in (["-h"], ["--help"]) else 2
    from core import commands

    try:
        if arguments[0] == "train":
            return commands.train(arguments[1], arguments[2:])
        if arguments[0] not in commands.COMMANDS:
            raise ValueError(f"There is no command {arguments[0]!r}; there are train, {', '.join(commands.COMMANDS)}.")
        import tyro

        command = commands.COMMANDS[arguments[0]]
        return int(tyro.cli(command, prog=f"python -m core {arguments[0]}", args=arguments[1:]))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(in_words(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Ended at once.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
