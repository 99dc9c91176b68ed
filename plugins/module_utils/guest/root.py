# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to one mounted root. Every read is bounded, and every write is recorded with what was there before.

Changes, diff, check mode and idempotence all come from that record, so they cannot drift from what was done.
"""

from __future__ import annotations

import builtins
import posixpath
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ..appliance import augeas
from ..appliance.appliance import Appliance, is_possible
from ..appliance.failures import ApplianceError, TextNotUtf8
from ..errors import GuestconvError
from ..model.changes import Change
from ..texts import globs
from . import search
from .boot_menu import BootMenu, Entry
from .editing import Trees
from .space import Space
from .storage.condition import Condition, condition
from .storage.mounts import Mount, MountPlan, NotMounted
from .writing import MESSAGE, Writer

if TYPE_CHECKING:
    from .guest import Guest

# No configuration file of a system is larger; a guest that has one must not fill our memory.
READ_LIMIT = 8 * 1024 * 1024
# Nor is any initrd; a sparse file of a guest's may have any size, and must not fill our disk.
DOWNLOAD_LIMIT = 1024 * 1024 * 1024

# Of selinux(8).
_LABEL = "security.selinux"

# What an aspect remembers.
Facts = TypeVar("Facts")


class GuestRoot:
    """One operating system, mounted in the appliance at /.

    name: the root's name in the description ("/dev/sda1").
    guest: the opened guest (guest.Guest) that it belongs to.
    info: the facts for roots.<name>.info in the description.
    boot_menu: what it can boot, once the boot loader was looked at.
    plan: what it mounts. not_mounted: those of them that could not be mounted, which it can do without.
    started_by: the entries of other roots' boot menus that start it, where it has no menu.
    not_searched: mounts that failed when roots were looked for. The first root has them.
    """

    def __init__(self, appliance: Appliance, name: str, guest: Guest):
        self.name = name
        self.guest = guest
        self.boot_menu = BootMenu()
        self.started_by: Sequence[Entry] = ()
        self.info: dict[str, Any] = {}
        self.mount_plan = MountPlan()
        self.not_mounted: builtins.list[NotMounted] = []
        self.not_searched: builtins.list[NotMounted] = []
        self._facts: dict[type[Any], Any] = {}
        self._appliance = appliance
        self._aspect = ""
        self._texts: dict[str, str | None] = {}
        self._changes: builtins.list[Change] = []
        self._writer = Writer(appliance, name, self._mounted)
        self._trees = Trees(self, appliance, self._writer.put)

    def _mounted(self) -> builtins.list[Mount]:
        failed = [each.mount for each in self.not_mounted]
        return [mount for mount in self.mount_plan.mounts if mount not in failed]

    # What inspection leaves for conversion

    def remember(self, facts: object) -> None:
        """Keep what an aspect found, for itself: an object of a class of its own."""
        self._facts[type(facts)] = facts

    def recall(self, kind: type[Facts]) -> Facts:
        """What was remembered of this class. Raises KeyError when nothing was."""
        found: Facts = self._facts[kind]
        return found

    # Reading

    def exists(self, path: str) -> bool:
        """Whether anything is at path, be it a symbolic link that leads nowhere."""
        return bool(is_possible(path) and self._appliance.exists(path))

    def is_file(self, path: str) -> bool:
        """Whether path is a regular file, or a symbolic link to one."""
        return self._file_size(path) is not None

    def real_path(self, path: str) -> str:
        """path with all symbolic links followed; as it is where it leads nowhere."""
        return str(self._appliance.realpath(path)) if self._appliance.status(path) is not None else path

    def is_dir(self, path: str) -> bool:
        """Whether path is a directory, or a symbolic link to one."""
        found = self._appliance.status(path)
        return found is not None and stat.S_ISDIR(found["st_mode"])

    def _file_size(self, path: str) -> int | None:
        """The size of the regular file at path in bytes, None when there is none."""
        found = self._appliance.status(path)
        return found["st_size"] if found is not None and stat.S_ISREG(found["st_mode"]) else None

    def glob(self, *patterns: str) -> list[str]:
        """The paths that match the shell patterns, in their order, those of each sorted. It takes one call."""
        if together := search.joined(patterns):
            with suppress(TextNotUtf8):
                return list(dict.fromkeys(self._appliance.glob_expand(together, directoryslash=False)))
        return [path for pattern in patterns for path in self._matching(pattern)]

    def _matching(self, pattern: str) -> list[str]:
        try:
            return sorted(self._appliance.glob_expand(pattern, directoryslash=False))
        except TextNotUtf8:
            directory, name = posixpath.split(pattern)
            if re.search(r"[*?\[]", directory):
                raise
            return [posixpath.join(directory, one) for one in self.list(directory) if _matches(one, name)]

    def list(self, directory: str) -> builtins.list[str]:
        """The names in directory, sorted, but those that are not UTF-8; none when it is not there."""
        if not self.is_dir(directory):
            return []
        try:
            return sorted(self._appliance.ls(directory))
        except TextNotUtf8:
            pass
        with tempfile.NamedTemporaryFile() as names:
            self._appliance.ls0(directory, names.name)
            return sorted(name.decode() for name in names.read().split(b"\0") if name and _is_utf8(name))

    def size(self, path: str) -> int:
        """The size of the file at path, in bytes."""
        return self._appliance.filesize(path)

    def space(self, path: str) -> Space:
        """The room on the filesystem of path, which is there."""
        return self._writer.space(path)

    def condition(self, mount: Mount) -> Condition:
        """Whether what is mounted can be written to, and is marked as damaged."""
        return condition(self._appliance, mount)

    def read(self, path: str) -> str | None:
        """The text of the file at path, or None when there is none. Raises GuestconvError `guest-file-too-large`.

        Bytes that are not UTF-8 survive a read and a write.
        """
        if path not in self._texts:
            self._texts[path] = self._decoded(path)
        return self._texts[path]

    def texts(self, patterns: Iterable[str]) -> dict[str, str]:
        """{path: text} of the files that match the shell patterns, in their order."""
        texts = {path: self.read(path) for path in self.glob(*patterns)}
        return {path: text for path, text in texts.items() if text is not None}

    def files_with(self, directory: str, expression: str) -> builtins.list[str] | None:
        """The paths of small text files below directory with a line that fits expression (grep -E), sorted.

        It takes one call, and is bounded (see search.py). None when it cannot be told.
        """
        try:
            return search.paths(directory, self._appliance.shell(search.script(directory, expression)))
        except (ApplianceError, AttributeError):
            # The latter where libguestfs was built without the call.
            return None

    def _decoded(self, path: str) -> str | None:
        content = self.read_bytes(path)
        return None if content is None else content.decode("utf-8", "surrogateescape")

    def read_bytes(self, path: str, limit: int = READ_LIMIT) -> bytes | None:
        """The content of the file at path, or None when there is none. Raises GuestconvError over limit bytes."""
        size = self._file_size(path)
        return None if size is None else b"".join(self._pieces(path, 0, self._bounded(path, size, limit)))

    def _bounded(self, path: str, size: int, limit: int) -> int:
        if size > limit:
            raise GuestconvError(
                "guest-file-too-large", f"{path} on {self.name} has {size} bytes; at most {limit} are read."
            )
        return size

    def head(self, path: str, count: int) -> bytes:
        """The first count bytes of the file at path, fewer where it ends before."""
        return b"".join(self._pieces(path, 0, count))

    def part(self, path: str, start: int, count: int) -> bytes:
        """count bytes of the file at path from start on, fewer where it ends before. Raises `guest-file-too-large`."""
        end = start + self._bounded(path, count, READ_LIMIT)
        return b"".join(self._pieces(path, start, min(end, self._file_size(path) or 0)))

    def tail(self, path: str, count: int) -> bytes:
        """The last count bytes of the file at path, b"" when there is none."""
        size = self._file_size(path) or 0
        return b"".join(self._pieces(path, max(0, size - count), size))

    def _pieces(self, path: str, start: int, end: int) -> Iterator[bytes]:
        for offset in range(start, end, MESSAGE):
            yield self._appliance.pread(path, min(MESSAGE, end - offset), offset)

    def download(self, path: str, local: str, parts: Sequence[tuple[int, int]] | None = None) -> None:
        """Copy the file at path to the host's file local. Raises GuestconvError `guest-file-too-large`.

        parts: (start, size) of what is copied of it, one behind the other; None for all.
        In messages: libguestfs's download takes three times as long for the same.
        """
        size = self.size(path)
        parts = [(0, size)] if parts is None else parts
        self._bounded(path, sum(count for _start, count in parts), DOWNLOAD_LIMIT)
        with open(local, "wb") as copy:
            for start, count in parts:
                for piece in self._pieces(path, start, min(start + count, size)):
                    copy.write(piece)

    # Writing

    @contextmanager
    def on_behalf_of(self, aspect: str) -> Iterator[None]:
        """Record the changes made within as the aspect's."""
        self._aspect = aspect
        try:
            yield
            self._trees.save()
        finally:
            self._aspect = ""

    def write(self, path: str, text: str, detail: str, mode: int = 0o644) -> None:
        """Make text the content of the file at path; owner, mode and label of a file that is there stay.

        mode: of a file that was not there.
        """
        before = self.read(path)
        if before == text:
            return
        content = text.encode("utf-8", "surrogateescape")
        if before is None:
            with self._labelled(path) as directory:
                self._writer.create(content, path, mode, directory)
        else:
            self._writer.put(content, path)
        self._texts[path] = text
        self._record("created" if before is None else "changed", path, detail, before, text)

    def copy(self, path: str, new: str, detail: str) -> None:
        """Make the file at new the same as the one at path, whatever it holds; owner and label of one there stay."""
        is_new = not self.is_file(new)
        if not is_new and self._appliance.equal(path, new):
            return
        if is_new:
            with self._labelled(new) as directory:
                self._writer.create_copy(path, new, directory)
        else:
            self._writer.copy(path, new)
        self._record("created" if is_new else "changed", new, detail)

    def append_bytes(self, path: str, content: bytes, detail: str) -> None:
        """Put content behind the end of the binary file at path."""
        self._writer.append(content, path)
        self._record("changed", path, detail)

    def remove(self, path: str, detail: str) -> None:
        """Remove the file or symbolic link at path, if there is one. What a link leads to stays."""
        is_link = self._appliance.is_symlink(path)
        before = None if is_link else self.read(path)
        if before is None and not is_link:
            return
        self._writer.remove(path)
        self._texts[path] = None
        self._record("removed", path, detail, before, None)

    def rename(self, path: str, new: str, detail: str) -> None:
        """Give the file at path, if there is one, the path new, replacing a file there. Owner, mode and label stay."""
        text, replaced = self.read(path), self.read(new)
        if text is None:
            return
        self._writer.rename(path, new)
        self._texts.update({path: None, new: text})
        self._record("removed", path, detail, text, None)
        self._record("created" if replaced is None else "changed", new, detail, replaced, text)

    def run(self, argv: Sequence[str], detail: str, touches: Iterable[str] = ()) -> str:
        """Run a program of the guest's, and return what it printed.

        touches: paths of files which it may change, or remove: those are recorded with their texts.
        Raises GuestconvError `guest-command-failed`.
        """
        texts = {path: self.read(path) for path in touches}
        printed = self.ask(argv)
        self._record("ran", argv[0], detail)
        self._texts.clear()
        for path, before in texts.items():
            after = self.read(path)
            if before != after:
                action = "created" if before is None else "removed" if after is None else "changed"
                self._record(action, path, detail, before, after)
        return printed

    def ask(self, argv: Sequence[str]) -> str:
        """Run a program of the guest's that changes nothing, and return what it printed. Raises as run."""
        try:
            with self.guest.mappings_called_by_guest():
                return self._appliance.command(list(argv))
        except ApplianceError as error:
            raise GuestconvError(
                "guest-command-failed", f"`{' '.join(argv)}` failed in the guest on {self.name}: {error.message}"
            ) from error

    @contextmanager
    def in_memory(self, directory: str) -> Iterator[None]:
        """Have an empty filesystem in memory in the place of directory while the block runs; what is in it is lost."""
        # mount(8) of the appliance would follow a symbolic link out of the root.
        place = self._appliance.realpath(directory)
        # libguestfs wants a device, of which tmpfs takes no notice.
        self._appliance.mount_vfs("mode=0755", "tmpfs", self._appliance.device(0), place)
        try:
            yield
        except BaseException:
            # What went wrong is to be told, and not what came of it.
            with suppress(GuestconvError):
                self._appliance.umount(place)
            raise
        self._appliance.umount(place)

    # Editing

    def edit(self, path: str, lens: str, detail: str) -> augeas.Tree | None:
        """The file at path as an Augeas tree, to be read and altered; None when there is no such file.

        What is altered is written, and recorded with detail, at the end of on_behalf_of.
        Raises GuestconvError `guest-file-malformed` when the lens does not understand the file.
        """
        return self._trees.tree(path, lens, detail) if self.is_file(path) else None

    # What was done

    @contextmanager
    def _labelled(self, path: str) -> Iterator[str | None]:
        """Yield the directory that is not there for the file at path; label the file and all that the block makes.

        It is their directory's SELinux label, as the guest's kernel gives it where its policy does not say otherwise;
        the appliance's gives none.
        """
        made: builtins.list[str] = []
        directory = posixpath.dirname(path)
        while not self._appliance.exists(directory):
            made, directory = [directory, *made], posixpath.dirname(directory)
        yield made[-1] if made else None
        label = self._label(directory)
        if label:
            for each in [*made, path]:
                # A string of C's, with its end.
                self._appliance.setxattr(_LABEL, label, len(label) + 1, each)

    def _label(self, path: str) -> str | None:
        """The SELinux label of path; None when it has none, or its filesystem (FAT) knows none."""
        try:
            attributes = self._appliance.getxattrs(path)
        except ApplianceError:
            return None
        values = [each["attrval"] for each in attributes if each["attrname"] == _LABEL]
        return values[0].rstrip(b"\0").decode("ascii", "replace") if values else None

    def _record(self, action: str, path: str, detail: str, before: str | None = None, after: str | None = None) -> None:
        self._changes.append(Change(self.name, self._aspect, action, path, detail, before, after))

    def changes(self) -> builtins.list[Change]:
        """The changes so far, in order. Files that came out as they were before are not among them."""
        first: dict[str, str | None] = {}
        last: dict[str, str | None] = {}
        for change in self._changes:
            if change.before is not None or change.after is not None:
                first.setdefault(change.path, change.before)
                last[change.path] = change.after
        unchanged = {path for path, before in first.items() if before == last[path]}
        return [change for change in self._changes if change.path not in unchanged]

    def close(self) -> None:
        """Forget what was read, before another root is mounted."""
        self._trees.close()
        self._texts.clear()


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _matches(name: str, pattern: str) -> bool:
    # As the shell has it, `*` is not for hidden files.
    return globs.fits(name, pattern) and (name[:1] != "." or pattern[:1] == ".")
