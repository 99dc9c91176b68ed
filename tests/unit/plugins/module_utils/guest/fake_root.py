# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one stand-in for guest.root.GuestRoot, over a dict of files. test_door.py holds it to what the real one does.

Augeas, ownership, modes and SELinux labels are not played. Hives are (tests/hives.py).
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ansible_collections.virttools.guestconv.plugins.module_utils.appliance.calls import Calls
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.guest import search
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.boot_menu import BootMenu, Entry
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.guest import Guest
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.hives import WINDOWS_CONFIGURATION, Hives
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.space import Space
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.condition import Condition
from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage.mounts import Mount, MountPlan
from ansible_collections.virttools.guestconv.tests.hives import stand_in
from ansible_collections.virttools.guestconv.tests.host_hivex import Hivex
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    graph,
)

_MOST_LINKS = 40


def menu(*command_lines):
    """A boot menu with an entry for each of these command lines, the default first."""
    entries = [Entry("/boot/vmlinuz", ("/boot/initrd.img",), line) for line in command_lines]
    return BootMenu(entries, entries[0] if entries else None)


class _BlankDisks:
    """The stand-in for the appliance: there is nothing on any device."""

    def pread_device(self, _device, count, _offset):
        return bytes(count)


class HiveCalls(Hivex, Calls):
    """hivex on the files of a FakeRoot."""

    def __init__(self, root):
        self._root = root

    def call(self, name, *arguments, **options):
        return getattr(self, f"_do_{name}")(*arguments, **options)

    def read_hive(self, path):
        return self._root.read_bytes(path)

    def write_hive(self, path, content):
        self._root.files[path] = content


class NotOnDisks(MountPlan):
    """What a root mounts that is on no disk of the test's."""

    @property
    def root(self):
        return Mount("/", filesystem("/dev/sda1"))


class Changed(NamedTuple):
    """A change of a FakeRoot's."""

    action: str
    path: str
    detail: str


class FakeRoot:
    """files: {path: text or bytes}. links: {path: target} of symbolic links. info, boot_menu: as of a GuestRoot.

    What is written is in files and in changes(), as (action, path, detail). commands: those that were run.
    room: the bytes that are free on each filesystem. hives: {name ("SYSTEM"): text} of those of Windows.
    volumes: {name of a filesystem: the FakeRoot that stands for it as a volume of its own}.
    """

    def __init__(
        self,
        files=None,
        info=None,
        boot_menu=BootMenu(),
        target="kvm",
        hardware=None,
        disks=(),
        filesystems=(),
        links=None,
        hives=None,
    ):
        self.name = "/dev/sda1"
        self.files = dict(files or {})
        self.files.update({f"{WINDOWS_CONFIGURATION}/{name}": stand_in(text) for name, text in (hives or {}).items()})
        self._hives = Hives(HiveCalls(self), self.name, lambda _path, write: write(), self._record)
        self.links = dict(links or {})
        self.info = {
            "os": "linux",
            "init": "systemd",
            "package_format": "deb",
            "mountpoints": {"/": "/dev/sda1"},
            **(info or {}),
        }
        self.boot_menu = boot_menu
        storage = graph(filesystems, [disk.device for disk in disks])
        self.guest = Guest(_BlankDisks(), list(disks), TARGETS[target], hardware or {}, storage)
        self.started_by = ()
        self._mount_plan, self.not_mounted, self.not_searched = None, [], []
        self.is_read_only, self.instance = True, ""
        self.volumes = {}
        self.room = 1 << 30
        self.commands = []
        self.renamed = []
        self._facts = {}
        self._changes = []

    @property
    def mount_plan(self):
        """What a test has it mount; by default the root alone."""
        own = self.guest.storage.filesystem(self.info["mountpoints"].get("/", self.name))
        return self._mount_plan or (MountPlan((Mount("/", own),)) if own else NotOnDisks())

    @mount_plan.setter
    def mount_plan(self, plan):
        self._mount_plan = plan

    @property
    def mounted(self):
        """All of these but what a test has fail."""
        failed = [each.mount for each in self.not_mounted]
        return [mount for mount in self.mount_plan.mounts if mount not in failed]

    def remember(self, facts):
        self._facts[type(facts)] = facts

    def recall(self, kind):
        return self._facts[kind]

    def real_path(self, path):
        """path with its symbolic links followed; as it is where it leads nowhere."""
        found = self._followed(path)
        return found if found in self.files or self._is_directory(found) else path

    def _followed(self, path):
        for _step in range(_MOST_LINKS):
            link = next((one for one in map("/".join, _beginnings(path.split("/"))) if one in self.links), None)
            if link is None:
                break
            rest = path[len(link) :]
            path = posixpath.normpath(posixpath.join(posixpath.dirname(link), self.links[link]) + rest)
        return path

    def _is_directory(self, path):
        below = path.rstrip("/") + "/"
        return any(name.startswith(below) for name in (*self.files, *self.links))

    def spelled(self, path):
        spelled = ""
        for part in filter(None, path.split("/")):
            names = self.list(spelled or "/")
            found = (
                part if part in names else next((each for each in names if each.casefold() == part.casefold()), part)
            )
            spelled += f"/{found}"
        return spelled or "/"

    def exists(self, path):
        directory, name = posixpath.split(path)
        is_link = posixpath.join(self._followed(directory), name) in self.links
        return is_link or self.is_file(path) or self.is_dir(path)

    def is_file(self, path):
        return self._followed(path) in self.files

    def is_dir(self, path):
        return self._is_directory(self._followed(path))

    def has_content(self, path):
        return self.is_dir(path) or bool(self.files.get(self._followed(path)))

    def glob(self, *patterns):
        """As the shell has it: `*` is neither for slashes nor for hidden files."""
        return list(dict.fromkeys(path for pattern in patterns for path in self._matching(pattern)))

    def _matching(self, pattern):
        if not re.search(r"[*?\[{]", pattern):
            return [pattern] if self.exists(pattern) else []
        parts = pattern.split("/")
        found = set()
        for path in (*self.files, *self.links):
            for beginning in _beginnings(path.split("/")):
                if len(beginning) == len(parts) and all(map(_fits, beginning, parts)):
                    found.add("/".join(beginning))
        return sorted(found)

    def list(self, directory):
        below = self._followed(directory).rstrip("/") + "/"
        return sorted(
            {path[len(below) :].split("/")[0] for path in (*self.files, *self.links) if path.startswith(below)}
        )

    def read(self, path):
        content = self.files.get(self._followed(path))
        return content.decode("utf-8", "surrogateescape") if isinstance(content, bytes) else content

    def texts(self, patterns):
        texts = {path: self.read(path) for pattern in patterns for path in self.glob(pattern)}
        return {path: text for path, text in texts.items() if text is not None}

    def files_with(self, expression, *directories):
        below = tuple(f"{directory}/" for directory in directories)
        texts = {path: self.read(path) for path in sorted(self.files) if path.startswith(below)}
        paths = [
            path
            for path, text in texts.items()
            if "\0" not in text and any(re.search(expression, line) for line in text.split("\n"))
        ]
        return search.Found(paths, True)

    def read_bytes(self, path, limit=None):
        content = self.files.get(self._followed(path))
        return content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content

    def size(self, path):
        return len(self.read_bytes(path))

    def space(self, path):
        return Space(path, "/", self.name, self.room)

    def condition(self, mount):
        return Condition()

    def head(self, path, count):
        return self.read_bytes(path)[:count]

    def tail(self, path, count):
        return (self.read_bytes(path) or b"")[-count:] if count else b""

    def part(self, path, start, count):
        return (self.read_bytes(path) or b"")[start : start + count]

    def download(self, path, local, parts=None):
        content = self.read_bytes(path)
        parts = [(0, len(content))] if parts is None else parts
        Path(local).write_bytes(b"".join(content[start : start + count] for start, count in parts))

    @contextmanager
    def volume(self, filesystem):
        """Another one of the test's, in volumes by its name."""
        other = self.volumes[filesystem.name]
        other.name, other._changes = filesystem.name, self._changes
        yield other
        other._hives.save()

    def release(self):
        self._hives.close()

    @contextmanager
    def on_behalf_of(self, aspect):
        yield
        self._hives.save()

    def write(self, path, text, detail, mode=0o644):
        before = self.read(path)
        if before != text:
            self._record("created" if before is None else "changed", path, detail, before, text)
            self.files[self._followed(path)] = text

    def copy(self, path, new, detail):
        if self.read_bytes(path) != self.read_bytes(new):
            self._record("changed" if self.is_file(new) else "created", new, detail)
            self.files[new] = self.files[self._followed(path)]

    def write_bytes(self, path, content, detail, mode=0o644):
        if self.read_bytes(path) != content:
            self._record("changed" if self.is_file(path) else "created", path, detail)
            self.files[self._followed(path)] = content

    def link(self, path, target, detail):
        if self.links.get(path) != target:
            self.remove(path, detail)
            self.links[path] = target
            self._record("created", path, detail)

    def append_bytes(self, path, content, detail):
        self.files[self._followed(path)] = self.read_bytes(path) + content
        self._record("changed", path, detail)

    def remove(self, path, detail):
        if path in self.links:
            del self.links[path]
            self._record("removed", path, detail)
        elif path in self.files:
            self._record("removed", path, detail, self.read(path), None)
            del self.files[path]

    def remove_all(self, path, detail):
        directory, name = posixpath.split(path.rstrip("/"))
        place = posixpath.join(self._followed(directory), name)
        gone = [one for one in (*self.files, *self.links) if one == place or one.startswith(f"{place}/")]
        for one in gone:
            self.files.pop(one, None)
            self.links.pop(one, None)
        if gone:
            self._record("removed", path, detail)

    def rename(self, path, new, detail):
        text, replaced = self.read(path), self.read(new)
        if text is not None:
            self._record("removed", path, detail, text, None)
            self._record("created" if replaced is None else "changed", new, detail, replaced, text)
            self.files[new] = self.files.pop(path)
            self.renamed.append((path, new))

    def run(self, argv, detail, touches=(), replaces=(), seconds=0):
        self.commands.append(list(argv))
        self._record("ran", argv[0], detail)
        return ""

    def ask(self, argv, seconds=0):
        self.commands.append(list(argv))
        return ""

    def edit(self, path, lens, detail):
        assert path not in self.files, f"{path} would be edited with Augeas"

    def hive(self, name, detail):
        path = self.spelled(name if name.startswith("/") else f"{WINDOWS_CONFIGURATION}/{name}")
        return self._hives.hive(path, detail) if self.is_file(path) else None

    def restore_labels(self):
        return []

    @contextmanager
    def in_memory(self, directory):
        self.commands.append(["in memory", directory])
        yield
        self.commands.append(["on disk", directory])

    def _record(self, action, path, detail, before=None, after=None):
        self._changes.append((action, path, detail, before, after))

    def changes(self):
        """(action, path, detail) of each change, less those of files that came out as they were before."""
        first, last = {}, {}
        for _action, path, _detail, before, after in self._changes:
            if before is not None or after is not None:
                first.setdefault(path, before)
                last[path] = after
        unchanged = {path for path, before in first.items() if before == last[path]}
        return [Changed(*change[:3]) for change in self._changes if change[1] not in unchanged]


def _beginnings(parts):
    """The paths, as their parts, that lead to the one with these parts, and that itself."""
    return [parts[:count] for count in range(2, len(parts) + 1)]


def _fits(name, pattern):
    return fnmatch.fnmatchcase(name, pattern) and (name[:1] != "." or pattern[:1] == ".")
