# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a hive, by three implementations that share no code: hivex, python-registry and reglookup.

hivex is also what the collection edits hives with; the others have no part in that. Each reader returns
{path of a key: {name of a value: (type, data)}}; the topmost key has the path "".
"""

from __future__ import annotations

import io
import re
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

# hivex and python-registry call a default value so.
_DEFAULT = ("", "(default)")
_QUOTED = re.compile(rb"%([0-9A-F]{2})")


@contextmanager
def _file(hive):
    with tempfile.TemporaryDirectory(prefix="hive-") as directory:
        path = Path(directory, "hive")
        path.write_bytes(hive)
        yield str(path)


def by_hivex(hive):
    """What hivex reads in the bytes of a hive."""
    import hivex

    with _file(hive) as path:
        reader = hivex.Hivex(path)
        found = {}
        waiting = [(reader.root(), "")]
        while waiting:
            key, name = waiting.pop()
            values = ((reader.value_key(value), reader.value_value(value)) for value in reader.node_values(key))
            found[name] = {each: tuple(value) for each, value in values}
            waiting += [
                (below, f"{name}\\{reader.node_name(below)}".lstrip("\\")) for below in reader.node_children(key)
            ]
    return found


def by_python_registry(hive):
    """What python-registry reads in the bytes of a hive."""
    from Registry import Registry

    found = {}
    waiting = [(Registry.Registry(io.BytesIO(hive)).root(), "")]
    while waiting:
        key, name = waiting.pop()
        found[name] = {
            "" if value.name() in _DEFAULT else value.name(): (value.value_type(), value.raw_data())
            for value in key.values()
        }
        waiting += [(below, f"{name}\\{below.name()}".lstrip("\\")) for below in key.subkeys()]
    return found


def by_reglookup(hive):
    """What reglookup reads in the bytes of a hive: (type, data) are its own words, which it writes as text."""
    with _file(hive) as path:
        printed = subprocess.run(["reglookup", "-H", path], capture_output=True, check=True).stdout
    found = {"": {}}
    for line in printed.splitlines():
        path, kind, value, *_times = line.split(b",")
        if kind == b"KEY":
            found[_name(path)] = {}
        else:
            key, _slash, name = path.rpartition(b"/")
            found[_name(key)]["" if name == b"(default)" else _unquoted(name)] = (kind.decode(), value.decode())
    return found


def _name(path):
    return "\\".join(_unquoted(part) for part in path.strip(b"/").split(b"/"))


def _unquoted(name):
    # reglookup writes bytes that it reserves, and those above ASCII, as %NN.
    return _QUOTED.sub(lambda match: bytes([int(match[1], 16)]), name).decode("utf-8", "replace")


READERS = (by_hivex, by_python_registry, by_reglookup)


def differences(before, after):
    """What differs between what a reader found in two hives.

    Returns: {(path, name): (value before, value after)}. None: there is no such value. The name None is that of a key
    which was made or which is gone; then its value is True.
    """
    found = {}
    for path in before.keys() | after.keys():
        old, new = before.get(path), after.get(path)
        if old is None or new is None:
            found[path, None] = (None if old is None else True, None if new is None else True)
        old, new = old or {}, new or {}
        for name in old.keys() | new.keys():
            if old.get(name) != new.get(name):
                found[path, name] = (old.get(name), new.get(name))
    return found
