"""Fetch the sources of the packages of the corpus: *.py only, and nothing of a package is installed.

    python -m tests.corpus.fetch DEST [--packages FILE] [--only NAME ...] [--repositories URL]

The sources of each package of `packages.jsonl` go to DEST/NAME/, in the exact version, by pip from the index that it is
set up for; where a package says `git`, by git from its repository, at the commit that is its version. With `--packages`
those of the leaky versions that `leaks.jsonl` names go to DEST/ID/leaky/. A stamp beside a folder says that it is
whole, so that a second run goes on where a first one stopped and `tests.corpus.diff` knows the folder for a tree.
Nothing is run either, except that pip runs an sdist's build script to read its metadata where a package says `sdist`,
or where an old version has no wheel. Status 1 where an archive could not be had.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
DOWNLOAD = "-m pip download --quiet --no-deps --no-input --disable-pip-version-check --dest"
PLATFORMS = (
    "manylinux_2_28_x86_64",
    "manylinux_2_17_x86_64",
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
    "linux_x86_64",
)
PYTHONS = ("3.13", "3.11")
REPOSITORIES = "https://github.com"


class FetchError(Exception):
    """An archive could not be had."""


class Package(NamedTuple):
    """A package of the corpus: application or library, what is read of it (its wheel, its sdist, either, or a commit of
    its repository, which has its tests as well), and the folder that its sources go to."""

    package: str
    version: str
    kind: str
    source: str
    folder: str
    repository: str = ""


def packages(path: Path) -> list[Package]:
    """The packages that a file of JSON lines names, or those with the leaks that it tells of."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [_leaky(row) if "leaky_version" in row else Package(**row, folder=row["package"]) for row in rows]


def _leaky(row: dict[str, str]) -> Package:
    return Package(row["package"], row["leaky_version"], "", "either", f"{row['id']}/leaky")


def commands(package: Package, into: Path) -> Iterator[list[str]]:
    """The commands that may bring a package's archive, the likeliest first."""
    base = [sys.executable, *DOWNLOAD.split(), str(into)]
    spec = f"{package.package}=={package.version}"
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    for version in PYTHONS if package.source != "sdist" else ():
        yield [*base, "--only-binary", ":all:", "--python-version", version, *platforms, spec]
    if package.source != "wheel":
        yield [*base, "--no-binary", ":all:", spec]


def download(package: Package, into: Path) -> Path:
    """The archive of a package, in an empty directory."""
    said = ""
    for command in commands(package, into):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        archives = sorted(path for path in into.iterdir() if path.is_file())
        if done.returncode == 0 and archives:
            return archives[0]
        said = done.stderr.strip()[-300:]
    raise FetchError(f"{package.package}=={package.version} ({package.source}): {said}")


def check_out(package: Package, into: Path, repositories: str) -> None:
    """The files of a commit of a package's repository, in an empty directory."""
    url = f"{repositories}/{package.repository}"
    for words in (
        ["init", "--quiet"],
        ["fetch", "--quiet", "--depth", "1", url, package.version],
        ["checkout", "--quiet", "FETCH_HEAD"],
    ):
        done = subprocess.run(["git", "-C", str(into), *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise FetchError(f"{package.package} at {package.version} ({url}): {done.stderr.strip()[-300:]}")


def take(files: Path, into: Path) -> None:
    """Copy the Python files of a checked out commit, and none that a link leads to."""
    for path in sorted(files.rglob("*.py")):
        relative = path.relative_to(files)
        if path.is_file() and path.resolve() == files.resolve() / relative and relative.parts[0] != ".git":
            (into / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, into / relative)


def sources(archive: Path) -> Iterator[tuple[str, bytes]]:
    """The name and the content of each Python file in an archive; an sdist's top folder is left out of the names."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                if name.endswith(".py"):
                    yield name, opened.read(name)
        return
    with tarfile.open(archive) as packed:
        for member in packed:
            file = packed.extractfile(member) if member.isfile() and member.name.endswith(".py") else None
            if file is not None:
                yield member.name.split("/", 1)[-1], file.read()


def unpack(archive: Path, into: Path) -> None:
    """Write the Python files of an archive below a directory, and none outside it."""
    for name, content in sources(archive):
        relative = PurePosixPath(name)
        if ".." in relative.parts or relative.is_absolute():
            continue
        target = into.joinpath(*relative.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def fetch(package: Package, top: Path, repositories: str = REPOSITORIES) -> None:
    """Make the folder of a package, unless it is there."""
    tree = top / package.folder
    stamp = tree.parent / f".{package.package}-{package.version}-{package.source}.done"
    if stamp.exists() and tree.is_dir():
        return
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        if package.source == "git":
            check_out(package, Path(temporary), repositories)
            take(Path(temporary), tree)
        else:
            unpack(download(package, Path(temporary)), tree)
    stamp.touch()


def main(arguments: Iterable[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus.fetch", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dest", type=Path)
    parser.add_argument("--packages", type=Path, default=HERE / "packages.jsonl")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--repositories", default=REPOSITORIES, metavar="URL")
    options = parser.parse_args(None if arguments is None else list(arguments))
    wanted = [one for one in packages(options.packages) if not options.only or one.package in options.only]
    failed = 0
    for one in wanted:
        try:
            fetch(one, options.dest, options.repositories)
        except FetchError as error:
            failed += 1
            print(error, file=sys.stderr, flush=True)
    print(f"{len(wanted) - failed} of {len(wanted)} packages in {options.dest}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
