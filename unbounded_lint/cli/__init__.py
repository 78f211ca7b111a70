"""The command `unbounded-lint`: arguments in, findings on stdout, everything else on stderr, an exit code out.

One module a command, which `run` starts; `options` and `terminal` have what they share. Nothing heavy is imported at
the top: `--version`, `--help` and `rule` must answer at once, so each command imports what it needs. Exit codes: 0
clean, 1 findings, 2 usage, configuration or internal error, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from unbounded_lint import __version__
from unbounded_lint.cli.terminal import (
    DEBUG_VARIABLE,
    EXIT_CLEAN,
    EXIT_ERROR,
    EXIT_INTERRUPTED,
    PROGRAM,
    complain,
    debug_traceback,
    emit,
    silence_stdout,
)
from unbounded_lint.errors import UserError

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "check": (
            "[PATH ...]",
            "analyse the project and report (the default: `unbounded-lint src` is `unbounded-lint check src`)",
        ),
        "rule": ("[CODE ...]", "list the rules, or print the text of some"),
        "explain": ("SYMBOL ...", "tell what is known of containers, such as pkg.mod:NAME or pkg.mod:Class.attr"),
        "inventory": ("[PATH ...]", "list every long-lived container and what bounds it, as a table, JSON or a page"),
        "confirm": ("SYMBOL ... | --all -- COMMAND ...", "run a program and tell which containers really grow"),
        "files": ("[PATH ...]", "list the files that would be analysed"),
        "config": ("[PATH]", "print the settings in force"),
        "completion": ("SHELL", "print what lets bash, zsh or fish complete this command"),
        "lsp": ("", "serve an editor, by the Language Server Protocol"),
        "help": ("[PAGE ...]", "list the pages of documentation, or print some"),
        "clean": ("[PATH]", "remove what is kept of a project between runs"),
    }
)
"""Each command, which is a module beside this one: what it takes, and what it does."""

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "analyse": ("check", "confirm"),
        "understand": ("explain", "inventory", "rule", "help"),
        "set up": ("config", "files", "completion", "lsp"),
        "maintain": ("clean",),
    }
)
"""What the commands are for, in the order in which one comes to them; which there are, `COMMANDS` says."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command with argv (default: the arguments of the process) and give its exit code; raises nothing."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if argv is None:
        gc.disable()  # the process ends with the command: nobody needs to look for garbage in all that it finds
    try:
        return _dispatch(arguments)
    except SystemExit as stop:  # argparse ends --help this way
        return stop.code if isinstance(stop.code, int) else EXIT_CLEAN
    except UserError as error:
        complain(str(error))
    except KeyboardInterrupt:
        return _interrupted()
    except BrokenPipeError:
        silence_stdout()
        return EXIT_CLEAN
    except OSError as error:
        debug_traceback()
        complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    except Exception as error:
        debug_traceback()
        complain(
            f"internal error ({type(error).__name__}: {error}); please report it, with the traceback that "
            f"{DEBUG_VARIABLE}=1 prints"
        )
    finally:
        if argv is None:
            gc.freeze()  # its end looks for garbage all the same
    return EXIT_ERROR


def _interrupted() -> int:
    """End quietly. Gives 130 where nothing else runs, and ends the process where the analysis still does."""
    import threading

    if not any(thread.name.startswith(PROGRAM) for thread in threading.enumerate()):
        return EXIT_INTERRUPTED
    # An interpreter that shuts down under a thread inside libcst aborts, and worker processes would outlive this one.
    if "multiprocessing" in sys.modules:
        import multiprocessing

        for worker in multiprocessing.active_children():
            worker.terminate()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(EXIT_INTERRUPTED)


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first in {"-h", "--help"}:
        return emit(_overview())
    if first in {"-V", "--version"}:
        return emit([f"{PROGRAM} {__version__}"])
    _demand_no_slip(first)
    command, rest = (first, arguments[1:]) if first in COMMANDS else ("check", arguments)
    run: Callable[[list[str]], int] = importlib.import_module(f"{__name__}.{command}").run
    return run(rest)


def _demand_no_slip(first: str) -> None:
    """Raises `UserError` for what is neither a command, nor an option, nor a path that exists, but like a command."""
    if not first or first in COMMANDS or first.startswith("-") or os.path.lexists(first):
        return
    from unbounded_lint.cli.near import meant_command

    near = meant_command(first, COMMANDS)
    if near:
        raise UserError(f"{first} is neither a command nor a path that exists; did you mean {PROGRAM} {near}?")


def _overview() -> Iterator[str]:
    yield f"usage: {PROGRAM} [COMMAND] [OPTIONS] [PATH ...]"
    yield ""
    yield "Find long-lived maps that can only grow, and sweeps that are missing, unreachable or broken."
    yield ""
    width = max(len(f"{name} {takes}") for name, (takes, _) in COMMANDS.items())
    for group, names in GROUPS.items():
        yield f"{group}:"
        for name in (name for name in names if name in COMMANDS):
            takes, does = COMMANDS[name]
            yield f"  {f'{name} {takes}':<{width}} {does}"
        yield ""
    yield "options:"
    yield f"  -h, --help         show this text; `{PROGRAM} COMMAND --help` shows the options of a command"
    yield "  --version          show the version"
    yield ""
    yield "A path that is named like a command is given as ./check."


if __name__ == "__main__":
    sys.exit(main())
