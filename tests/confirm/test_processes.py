"""The ways in which a program comes to run, and to end: each is observed, and goes on as if it were not."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.confirm.children import FAST, PACE, Confirmed, confirmed, run, sampled
from tests.processes import environment, finished, started
from tests.programs import write

STORE = "RUNS = {}\n\n\ndef handle(number):\n    RUNS[number] = number\n"
WORK = (
    "import store\nfrom pace import steps\n\n\ndef work():\n    for number in steps():\n        store.handle(number)\n"
)
FILES = {"store.py": STORE, "work.py": WORK}

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")


def course(found: Confirmed) -> list[str]:
    """The verdict of each process on `store:RUNS`."""
    return [one["verdict"] for one in found["store:RUNS"]["processes"]]


def main(text: str) -> dict[str, str]:
    """The files of a program with this main file."""
    return {**FILES, "main.py": text}


MAINS = {
    "file": (["{python}", "main.py"], {}),
    "module": (["{python}", "-m", "app"], {"app/__init__.py": "", "app/__main__.py": "import work\nwork.work()\n"}),
    "text": (["{python}", "-c", "import work; work.work()"], {}),
    "isolated from the user": (["{python}", "-s", "main.py"], {}),
    "shell": (["sh", "-c", "{python} main.py; exit $?"], {}),
    "test": (["{python}", "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_work.py"],
             {"test_work.py": "import pace, work\n\n\ndef test_work():\n    pace.STEPS = 600\n    work.work()\n"}),
}  # fmt: skip


@pytest.mark.parametrize("way", sampled(MAINS, "module", "test"))
def test_a_program_is_observed_however_it_is_run(way: str, tmp_path: Path) -> None:
    command, files = MAINS[way]
    python = sys.executable
    found = confirmed(
        tmp_path,
        {**main("import work\nwork.work()\nprint('done')\n"), **files},
        ["RUNS"],
        [part.format(python=python) for part in command],
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )
    assert found.done.returncode == 0, found.done.stderr
    assert found["store:RUNS"]["verdict"] == "grows"


@pytest.mark.exhaustive
@pytest.mark.parametrize("version", [f"3.{minor}" for minor in range(8, 15)])
def test_a_program_may_run_on_another_python_than_we_do(version: str, tmp_path: Path) -> None:
    other = shutil.which(f"python{version}")
    if other is None or finished([other, "-c", ""]).returncode:
        pytest.skip("there is none here")
    found = confirmed(tmp_path, main("import work\nwork.work()\n"), ["RUNS", "--call-sites"], [other, "main.py"])
    assert (found.done.returncode, found.done.stderr) == (0, "")
    assert found["store:RUNS"]["verdict"] == "grows"
    assert found.report["processes"][0]["python"].startswith(f"{version}.")


def test_the_containers_of_a_main_file_are_found_there(tmp_path: Path) -> None:
    text = "from pace import steps\nRUNS = {}\nfor number in steps():\n    RUNS[number] = number\n"
    assert confirmed(tmp_path, {"main.py": text}, ["main:RUNS"])["main:RUNS"]["verdict"] == "grows"


def test_what_a_spawned_script_binds_anew_is_found(tmp_path: Path) -> None:
    text = """\
import multiprocessing

from pace import steps

RUNS = None


def work():
    global RUNS
    RUNS = {}
    for number in steps():
        RUNS[number] = number


if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=work)
    process.start()
    process.join()
"""
    assert confirmed(tmp_path, {"main.py": text}, ["main:RUNS"])["main:RUNS"]["verdict"] == "grows"


@needs_fork
@pytest.mark.parametrize(
    "way", sampled(["fork", "multiprocessing fork", "spawn", "subprocess", "forkserver"], "fork", "spawn")
)
def test_processes_that_a_program_makes_are_told_apart(way: str, tmp_path: Path) -> None:
    made = {
        "fork": "import os\npid = os.fork()\nif not pid:\n    work.work()\n    os._exit(0)\nos.waitpid(pid, 0)\n",
        "subprocess": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import work; work.work()'])\n",
    }
    method = way.rpartition(" ")[2]
    by_multiprocessing = (
        f"import multiprocessing\nif __name__ == '__main__':\n    context = multiprocessing.get_context({method!r})\n"
        "    process = context.Process(target=work.work)\n    process.start()\n    process.join()\n"
    )
    end = "if __name__ == '__main__':\n    print('done')\n"
    text = f"import store, work\nfrom pace import step\n{made.get(way, by_multiprocessing)}{end}"
    found = confirmed(tmp_path, main(text), ["RUNS"])
    assert (found.done.returncode, found.done.stdout) == (0, "done\n")
    assert found["store:RUNS"]["verdict"] == "grows"
    assert course(found)[0] == "grows" and set(course(found)[1:]) <= {"never filled"}
    processes = {one["pid"]: one for one in found.report["processes"]}
    pids = [one["pid"] for one in found["store:RUNS"]["processes"]]
    assert len(set(pids)) == len(pids) and set(pids) <= set(processes)


@needs_fork
def test_a_fork_warns_of_no_thread_and_finds_none(tmp_path: Path) -> None:
    text = (
        "import os, threading, warnings\nfrom pace import step\nwarnings.simplefilter('error')\nstep()\n"
        "for _ in range(20):\n    pid = os.fork()\n    if not pid:\n        os._exit(threading.active_count() - 1)\n"
        "    assert os.waitpid(pid, 0)[1] == 0\nprint(threading.active_count(), threading.enumerate())\n"
    )
    done = confirmed(tmp_path, main(text), ["RUNS"]).done
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 [<_MainThread(")


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("raise SystemExit(7)", 7),
        pytest.param("raise RuntimeError('a fault')", 1, marks=pytest.mark.exhaustive),
        pytest.param("import os; os._exit(3)", 3, marks=pytest.mark.exhaustive),
        pytest.param("import os; os.abort()", 128 + signal.SIGABRT, marks=pytest.mark.exhaustive),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + 9),
    ],
)
def test_however_a_program_ends_its_status_is_passed_on_and_what_it_told_is_kept(
    end: str, status: int, tmp_path: Path
) -> None:
    found = confirmed(tmp_path, main(f"import work\nwork.work()\n{end}\n"), ["RUNS", "--fail-on", "grows"])
    assert found.done.returncode == status == found.report["status"]
    assert found["store:RUNS"]["verdict"] == "grows"
    assert "unbounded" not in found.done.stderr


def test_the_streams_are_those_of_the_program(tmp_path: Path) -> None:
    text = "import sys\nprint(input())\nprint('aside', file=sys.stderr)\nprint(sys.argv[1:], sys.path.count(''))\n"
    write(tmp_path, {"pyproject.toml": "", **main(text)})
    ours = [sys.executable, "-m", "unbounded_lint", "confirm", "RUNS", "--", sys.executable, "main.py", "--", "-x"]
    with started(ours, cwd=tmp_path, env=environment()) as process:
        out, errors = process.communicate(b"said\n")
    assert out == b"said\n['--', '-x'] 0\n"
    assert errors.startswith(b"aside\nverdict ")


def test_the_own_sitecustomize_of_the_user_runs_and_is_the_only_one_there(tmp_path: Path) -> None:
    own = "import os\nOWN = True\n"
    text = (
        "import sys, sitecustomize\nassert sitecustomize.OWN and 'own/sitecustomize.py' in sitecustomize.__file__\n"
        "assert not [path for path in sys.path if 'unbounded-lint-' in path]\nimport work\nwork.work()\n"
    )
    found = confirmed(
        tmp_path,
        {**main(text), "own/sitecustomize.py": own},
        ["RUNS"],
        env={"PYTHONPATH": f"{tmp_path}/own:{environment()['PYTHONPATH']}"},
    )
    assert found.done.returncode == 0, found.done.stderr
    assert found["store:RUNS"]["verdict"] == "grows"


def test_a_sitecustomize_that_fails_fails_as_ever(tmp_path: Path) -> None:
    files = {"own/sitecustomize.py": "raise ValueError('their own')\n", **main("print('on')\n")}
    env = {"PYTHONPATH": f"{tmp_path}/own:{environment()['PYTHONPATH']}"}
    done = confirmed(tmp_path, files, ["RUNS"], env=env).done
    assert (done.returncode, done.stdout) == (0, "on\n")
    assert "Error in sitecustomize" in done.stderr and "ValueError: their own" in done.stderr


def test_without_a_sitecustomize_there_is_none(tmp_path: Path) -> None:
    text = "import sys\nprint('sitecustomize' in sys.modules)\n"
    write(tmp_path, {"plain.py": text})
    plain = run(tmp_path, ["x"], [])  # no program: nothing is run
    assert plain.returncode == 2
    with started([sys.executable, "plain.py"], cwd=tmp_path) as process:
        alone = process.communicate()[0].decode()
    assert confirmed(tmp_path, main(text), ["RUNS"]).done.stdout == alone


def test_a_command_that_is_no_python_is_left_alone(tmp_path: Path) -> None:
    found = confirmed(tmp_path, FILES, ["RUNS"], ["sh", "-c", "echo hello; exit 5"])
    assert (found.done.returncode, found.done.stdout, found.done.stderr) == (5, "hello\n", "")
    assert found["store:RUNS"]["verdict"] == "not found"
    assert found["store:RUNS"]["why"].startswith("no Python process was observed")


@pytest.mark.parametrize("part", ["", "records"])
def test_where_what_was_told_is_removed_meanwhile_that_is_the_reason(part: str, tmp_path: Path) -> None:
    main = (
        "import os, shutil, store, sys\nfrom pace import FOLDER, step\nstore.handle(1)\nstep()\n"
        f"shutil.rmtree(os.path.join(FOLDER, {part!r}))\nstore.handle(2)\nprint('done')\nsys.exit(3)\n"
    )
    store = "RUNS = {}\n\n\ndef handle(number):\n    RUNS[number] = number\n"
    found = confirmed(tmp_path, {"store.py": store, "main.py": main}, ["RUNS"])
    assert (found.done.returncode, found.done.stdout, found.done.stderr) == (3, "done\n", "")
    assert found["store:RUNS"]["verdict"] == "not found"
    assert found["store:RUNS"]["why"].startswith("what the processes told was removed while the command ran")


SERVER = """\
import asyncio
import signal
import sys

import store
from pace import missing, step

STATE = {}


async def serve():
    jobs = {}
    number = 0
    while True:
        await asyncio.sleep(0)
        step()
        number += 1
        store.handle(number)
        jobs[number] = number
        if number == 200 or (number > 200 and number % 100 == 0):
            if not missing():
                print("served", flush=True)


asyncio.run(serve())
"""


def test_a_server_is_asked_to_end_after_a_while(tmp_path: Path) -> None:
    text = (
        "import signal, sys, time\nimport store\n"
        "def end(*_):\n    print('asked')\n    sys.exit(4)\n"
        "signal.signal(signal.SIGTERM, end)\nwhile True:\n    time.sleep(0.01)\n"
    )
    found = confirmed(tmp_path, main(text), ["RUNS", "--duration", "4"])
    assert (found.done.returncode, found.report["status"], found.done.stderr) == (0, 0, "")
    assert found.done.stdout == "asked\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_passed_on_and_the_report_still_comes(number: int, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "", "pace.py": PACE, **main(SERVER)})
    ours = [
        sys.executable,
        "-m",
        "unbounded_lint",
        "confirm",
        *FAST,
        "RUNS",
        "serve.jobs",
        "--",
        sys.executable,
        "main.py",
    ]
    with started(ours, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"served\n"
        process.send_signal(number)
        _, errors = process.communicate()
    assert errors.count(b"\ngrows ") == 2 and b"main:serve.jobs" in errors, errors
    # Python ends by an interrupt as if it were killed by it; asyncio may turn it into an exception first.
    assert process.returncode == 128 + number or (number == signal.SIGINT and process.returncode == 1)


def test_a_program_that_will_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from unbounded_lint.confirm.child import run as run_child

    text = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n    time.sleep(1)\n"
    ended = run_child([sys.executable, "-c", text], environment(), duration=1.0, grace=0.2)
    assert ended.asked and ended.status in {128 + signal.SIGKILL, 128 + signal.SIGTERM}


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    project = tmp_path / "project"
    found = confirmed(project, main("import work\nwork.work()\n"), ["RUNS"], env={"TMPDIR": str(folder)})
    assert found["store:RUNS"]["verdict"] == "grows"
    assert list(folder.iterdir()) == []
    shutil.rmtree(project)


PRESSED = """\
import signal
import store
from pace import step

pressed = []
signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
step()
print("ready", flush=True)
while not pressed:
    step()
for number in range(60):
    store.handle(number)
    step()
print("pressed", len(pressed), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a terminal of POSIX")
def test_a_key_that_interrupts_reaches_the_program_once_and_the_report_still_comes(tmp_path: Path) -> None:
    import pty

    write(tmp_path, {"pyproject.toml": "", "pace.py": PACE, **main(PRESSED)})
    ours = [sys.executable, "-m", "unbounded_lint", "confirm", *FAST, "RUNS", "--", sys.executable, "main.py"]
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(tmp_path)
        os.execvpe(ours[0], ours, environment())
    said = b""
    try:
        while b"ready" not in said:
            said += os.read(terminal, 4096)
        os.write(terminal, b"\x03")
        while b"Observed" not in said:
            said += os.read(terminal, 4096)
    finally:
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
    assert b"pressed 1\r\n" in said and b"store:RUNS" in said
    assert os.waitstatus_to_exitcode(status) in {0, -signal.SIGHUP, 128 + signal.SIGHUP}
