"""Trains small language models from the command line.

    python -m core train SYSTEM --corpus TEXT --n-steps N ...   train here; --help after a SYSTEM shows all its settings
    python -m core list                                         the runs
    python -m core resume RUN                                   go on with one
    python -m core continue RUN --corpus TEXT                   begin another with its weights, on another text
    python -m core export RUN --format vec|tsv|weights|...      write its results for other programs; --help shows every format
    python -m core convert FILE --format F --to FOLDER          a file of vectors in another format
    python -m core open FILE                                    keep vectors, attention or a model to look at; `vectors` lists the first
    python -m core evaluate RUN --pairs FILE --analogies FILE   how good its vectors are, by people's judgements
    python -m core evaluate RUN --masked                        how much of what is hidden BERT or ERNIE finds
    python -m core delete RUN                                   remove it

Everything is kept in runs/ beside the app, or in $ORRERY_HOME. The app shows the same runs."""

import sys


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
        from core.training.failing import in_words

        print(in_words(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Ended at once.", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
