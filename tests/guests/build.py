# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the guests of recipes.py and keeps them in the cache."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import types
from functools import partial
from pathlib import Path

if not __package__:
    # Run as a script: only this file's directory is on the path then. And the clone may be called anything, where Python
    # finds a collection by its path only.
    _CLONE = str(Path(__file__).resolve().parents[2])
    sys.path.insert(0, _CLONE)
    for _name, _path in (("", []), (".virttools", []), (".virttools.guestconv", [_CLONE])):
        _package = sys.modules["ansible_collections" + _name] = types.ModuleType("ansible_collections" + _name)
        _package.__path__ = _path

from tests.guests import disk, filesystem
from tests.guests.errors import BuildError
from tests.guests.recipes import RECIPES

_HERE = Path(__file__).resolve().parent
_SCRATCH = "building-"


def guest(name):
    """The path of the qcow2 image of the guest name, which is built first if the cache lacks it: that takes minutes.

    The image is shared by all tests: work on an overlay or on a copy of it. Raises BuildError.
    """
    try:
        recipe = RECIPES[name]
    except KeyError:
        raise BuildError(f"there is no recipe for {name!r}; there are: {', '.join(sorted(RECIPES))}") from None
    return built(recipe)


def built(recipe):
    """The path of the image of a recipe (recipes.Recipe), as above."""
    return made_once(f"{recipe.name}-{_key(recipe, 'filesystem.py', 'disk.py')}.qcow2", partial(_build, recipe))


def made_once(name, make):
    """The path name in the cache, which make(path) makes first if the cache lacks it, and nobody else at that time."""
    cache = _cache()
    path = cache / name
    if not path.exists():
        with _one_builder(cache):
            # Another builder may have made it while this one waited.
            if not path.exists():
                _remove_leftovers(cache)
                make(path)
    return path


def scratch_beside(path):
    """A temporary directory on path's file system, for a with statement: what is made there is then renamed to path."""
    # In the cache, since /tmp may be small, and a rename must not leave the file system.
    return tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=path.parent)


def _remove_leftovers(cache):
    """Remove what builders have left that were killed: whoever holds the lock is the only one."""
    for leftover in cache.glob(_SCRATCH + "*"):
        shutil.rmtree(leftover)


def _build(recipe, image):
    started = time.monotonic()
    with scratch_beside(image) as scratch:
        installed = installed_packages(recipe, image.parent)
        _say(f"{recipe.name}: configuring the system and its initrd")
        files = Path(scratch, "files.tar")
        filesystem.configure(recipe, installed, files)
        _say(f"{recipe.name}: writing the disk and its boot loader, in the appliance")
        made = Path(scratch, "disk.qcow2")
        disk.write(recipe.disk, files, made)
        made.rename(image)
    size = image.stat().st_size / 1e6
    _say(f"{recipe.name}: ready after {time.monotonic() - started:.0f} s, {size:.0f} MB: {image}")


def installed_packages(recipe, cache):
    """The path of a tar of recipe's packages, installed: guests with the same packages share it."""
    packages = recipe.packages
    installed = cache / f"packages-{packages.suite}-{_key(packages, 'filesystem.py')}.tar"
    if not installed.exists():
        _say(f"{recipe.name}: downloading and installing the packages of {packages.suite}")
        with scratch_beside(installed) as scratch:
            made = Path(scratch, "packages.tar")
            filesystem.install(packages, made)
            made.rename(installed)
    return installed


def _key(what, *sources):
    """A short hash of what (a dataclass) and of those of our sources that it is made by."""
    digest = hashlib.sha256(json.dumps(dataclasses.asdict(what), sort_keys=True).encode())
    for source in sources:
        digest.update((_HERE / source).read_bytes())
    return digest.hexdigest()[:12]


def _cache():
    """The directory that holds the guests; it is made if need be."""
    top = os.environ.get("GUESTCONV_CACHE") or Path.home() / ".cache" / "guestconv"
    cache = Path(top, "guests")
    cache.mkdir(parents=True, exist_ok=True)
    return cache


@contextlib.contextmanager
def _one_builder(cache):
    """Wait until no other process builds guests in cache. The lock goes with the process, however that ends."""
    with open(cache / "lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("waiting for another builder to end")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text):
    print(f"{time.strftime('%H:%M:%S')} guests: {text}", file=sys.stderr, flush=True)


def main():
    """The command: print the paths of the guests that are asked for."""
    parser = argparse.ArgumentParser(description="Print the path of a test guest, which is built if need be.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a guest; without any, the guests are listed")
    names = parser.parse_args().names
    if not names:
        for recipe in RECIPES.values():
            print(f"{recipe.name:25} {recipe.summary}")
    for name in names:
        try:
            print(guest(name))
        except BuildError as error:
            sys.exit(f"guests: {name} cannot be built: {error}")


if __name__ == "__main__":
    main()
