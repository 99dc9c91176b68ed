# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for guest.root.GuestRoot over a dict of files, for unit tests of aspects. Augeas is not played."""

from __future__ import annotations

import fnmatch
import posixpath
from contextlib import contextmanager

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Plan
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import graph


class FakeRoot:
    """files: {path: text}. info, facts: as of a GuestRoot. What is written is in files and in changes()."""

    def __init__(self, files=None, info=None, facts=None, target="kvm", hardware=None, disks=(), filesystems=()):
        self.name = "/dev/sda1"
        self.files = dict(files or {})
        self.info = {"init": "systemd", "package_format": "deb", "mountpoints": {"/": "/dev/sda1"}, **(info or {})}
        self.facts = dict(facts or {})
        storage = graph(filesystems, [disk.device for disk in disks])
        self.guest = Guest(None, list(disks), TARGETS[target], hardware or {}, storage)
        self.plan, self.not_mounted, self.not_searched = Plan(), [], []
        self.commands = []
        self.renamed = []
        self._changes = []

    def changes(self):
        return self._changes

    def exists(self, path):
        return path in self.files or self.is_dir(path)

    def is_file(self, path):
        return path in self.files

    def is_dir(self, path):
        return any(name.startswith(path.rstrip("/") + "/") for name in self.files)

    def glob(self, pattern):
        return sorted(path for path in self.files if fnmatch.fnmatch(path, pattern))

    def list(self, directory):
        below = [posixpath.relpath(path, directory) for path in self.files if path.startswith(directory + "/")]
        return sorted({path.split("/")[0] for path in below})

    def read(self, path):
        return self.files.get(path)

    def texts(self, patterns):
        return {path: self.read(path) for pattern in patterns for path in self.glob(pattern)}

    def read_bytes(self, path):
        return None if path not in self.files else self.files[path].encode("utf-8", "surrogateescape")

    def size(self, path):
        return len(self.read_bytes(path))

    def tail(self, path, count):
        return (self.read_bytes(path) or b"")[-count:]

    def write(self, path, text, detail, mode=0o644):
        if self.files.get(path) != text:
            self._changes.append(("changed" if path in self.files else "created", path, detail))
            self.files[path] = text

    def remove(self, path, detail):
        if path in self.files:
            del self.files[path]
            self._changes.append(("removed", path, detail))

    def rename(self, path, new, detail):
        if path in self.files:
            self._changes += [("removed", path, detail), ("changed" if new in self.files else "created", new, detail)]
            self.files[new] = self.files.pop(path)
            self.renamed.append((path, new))

    def run(self, argv, detail, touches=()):
        self.commands.append(argv)
        self._changes.append(("ran", argv[0], detail))
        return ""

    def edit(self, path, lens, detail):
        assert path not in self.files, f"{path} would be edited with Augeas"

    @contextmanager
    def in_memory(self, directory):
        self.commands.append(["in memory", directory])
        yield
        self.commands.append(["on disk", directory])

    def ask(self, argv):
        self.commands.append(argv)
        return ""
