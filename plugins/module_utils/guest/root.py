# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to one mounted root. Every read is bounded, and every write is recorded with what was there before.

Changes, diff, check mode and idempotence all come from that record, so they cannot drift from what was done.
"""

from __future__ import annotations

import builtins
import posixpath
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ..appliance import augeas
from ..appliance.appliance import Appliance
from ..appliance.failures import ApplianceError, CallFailed
from ..errors import CommandFailed, GuestconvError
from ..model.changes import Change
from ..model.concerns import Concern
from .boot_menu import BootMenu, Entry
from .editing import Trees
from .hives import WINDOWS_CONFIGURATION, Hive, Hives
from .labels import Written, restore
from .reading import Reader
from .space import Space
from .storage.condition import Condition, condition
from .storage.layers.filesystem import Filesystem
from .storage.mounts import Mount, MountPlan, NotMounted
from .writing import Writer

if TYPE_CHECKING:
    from .guest import Guest

_TIMEOUT = "/usr/bin/timeout"
# For a program to end when it is asked to, before it is killed.
_SECONDS_TO_END = 30

# What an aspect remembers.
Facts = TypeVar("Facts")


class GuestRoot(Reader):
    """One operating system, mounted in the appliance at /.

    name: the root's name in the description ("/dev/sda1").
    guest: the opened guest (guest.Guest) that it belongs to.
    info: the facts for roots.<name>.info in the description.
    boot_menu: what it can boot, once the boot loader was looked at.
    mount_plan: what it mounts. not_mounted: those of them that could not be mounted, which it can do without.
    started_by: the entries of other roots' boot menus that start it, where it has no menu.
    not_searched: mounts that failed when roots were looked for. The first root has them.
    is_read_only: whether it is mounted so. instance: what tells the installation from others; see system.py.
    """

    def __init__(self, appliance: Appliance, name: str, guest: Guest):
        super().__init__(appliance, name)
        self.guest = guest
        self.boot_menu = BootMenu()
        self.started_by: Sequence[Entry] = ()
        self.info: dict[str, Any] = {}
        self.mount_plan = MountPlan()
        self.not_mounted: builtins.list[NotMounted] = []
        self.not_searched: builtins.list[NotMounted] = []
        self.is_read_only = True
        self.instance = ""
        self._facts: dict[type[Any], Any] = {}
        self._aspect = ""
        self._changes: builtins.list[Change] = []
        self._written = Written()
        self._writer = Writer(appliance, name, lambda: self.mounted)
        self._trees = Trees(self, appliance, self._writer.put)
        self._hives = Hives(appliance, name, self._writer.save, self._record)

    @property
    def mounted(self) -> builtins.list[Mount]:
        """What could be mounted of what it mounts."""
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

    # The filesystems

    def space(self, path: str) -> Space:
        """The room on the filesystem of path, which is there."""
        return self._writer.space(path)

    def condition(self, mount: Mount) -> Condition:
        """Whether what is mounted can be written to, and is marked as damaged."""
        return condition(self._appliance, mount)

    @contextmanager
    def volume(self, filesystem: Filesystem) -> Iterator[GuestRoot]:
        """Have another filesystem of the disks mounted in the place of the root while the block runs: a door to it alone.

        Windows does not mount the partition of its boot manager. What is written there is recorded as this root's.
        Raises MountError.
        """
        self._trees.save()
        self._hives.save()
        self.close()
        other = GuestRoot(self._appliance, filesystem.name, self.guest)
        other.mount_plan = MountPlan((Mount("/", filesystem),))
        other.is_read_only = self.is_read_only
        other._aspect, other._changes = self._aspect, self._changes
        try:
            self.guest.mounter.show(other.mounted, self.is_read_only)
            yield other
            other._hives.save()
        finally:
            other.close()
            self.guest.mounter.show(self.mounted, self.is_read_only)

    # Writing

    @contextmanager
    def on_behalf_of(self, aspect: str) -> Iterator[None]:
        """Record the changes made within as the aspect's."""
        self._aspect = aspect
        try:
            yield
            self._trees.save()
            self._hives.save()
        finally:
            self._aspect = ""

    def write(self, path: str, text: str, detail: str, mode: int = 0o644) -> None:
        """Make text the content of the file at path; owner and mode of a file that is there stay.

        mode: of a file that was not there.
        """
        before = self.read(path)
        if before == text:
            return
        content = text.encode("utf-8", "surrogateescape")
        if before is None:
            self._writer.create(content, path, mode, self._new_directory(path))
        else:
            self._writer.put(content, path)
            self._written.changed.append(path)
        self._texts[path] = text
        self._record("created" if before is None else "changed", path, detail, before, text)

    def copy(self, path: str, new: str, detail: str) -> None:
        """Make the file at new the same as the one at path, whatever it holds; the owner of one there stays."""
        is_new = not self.is_file(new)
        if not is_new and self._appliance.equal(path, new):
            return
        if is_new:
            self._writer.create_copy(path, new, self._new_directory(new))
        else:
            self._writer.copy(path, new)
            self._written.changed.append(new)
        self._record("created" if is_new else "changed", new, detail)

    def write_bytes(self, path: str, content: bytes, detail: str, mode: int = 0o644) -> None:
        """Make content that of the binary file at path, which is recorded without it. mode: as of write."""
        is_new = not self.is_file(path)
        if not is_new and self.size(path) == len(content) and self.read_bytes(path, len(content)) == content:
            return
        if is_new:
            self._writer.create(content, path, mode, self._new_directory(path))
        else:
            self._writer.put(content, path)
            self._written.changed.append(path)
        self._texts.pop(path, None)
        self._record("created" if is_new else "changed", path, detail)

    def link(self, path: str, target: str, detail: str) -> None:
        """Make path a symbolic link to target, in the place of a file or link that is there."""
        is_link = self._appliance.is_symlink(path)
        if is_link and self._appliance.readlink(path) == target:
            return
        self.remove(path, detail)
        self._writer.link(path, target, self._new_directory(path))
        self._texts.pop(path, None)
        self._record("created", path, detail)

    def append_bytes(self, path: str, content: bytes, detail: str) -> None:
        """Append content to the binary file at path."""
        self._writer.append(content, path)
        self._written.changed.append(path)
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

    def remove_all(self, path: str, detail: str) -> None:
        """Remove the file or directory at path, if there is one, with all that is in it. It is recorded without texts.

        What symbolic links lead to stays, also what the one at path leads to.
        """
        if not self.exists(path):
            return
        # The appliance's rm(1) is not confined to the root, and would follow links of the guest on the way there.
        directory, name = posixpath.split(path.rstrip("/"))
        self._writer.remove_all(posixpath.join(self._appliance.realpath(directory), name))
        self._texts.clear()
        self._record("removed", path, detail)

    def rename(self, path: str, new: str, detail: str) -> None:
        """Give the file at path, if there is one, the path new, replacing a file there. Owner and mode stay."""
        text, replaced = self.read(path), self.read(new)
        if text is None:
            return
        self._writer.rename(path, new)
        self._written.new.append(new)
        self._texts.update({path: None, new: text})
        self._record("removed", path, detail, text, None)
        self._record("created" if replaced is None else "changed", new, detail, replaced, text)

    def run(
        self,
        argv: Sequence[str],
        detail: str,
        touches: Iterable[str] = (),
        replaces: Iterable[str] = (),
        seconds: int = 0,
    ) -> str:
        """Run a program of the guest, and return what it printed.

        touches: paths of files which it may change, or remove: those are recorded with their texts. replaces: those of
        others. Where it fails, it is run once more with these paths unprotected, if chattr(1) protects one of them.
        seconds: how long it may take, if the guest has timeout(1); it is killed then. 0: as long as the appliance may.
        Raises CommandFailed.
        """
        texts = {path: self.read(path) for path in touches}
        self._written.by_programs = True
        try:
            printed = self._command(argv, seconds, writes=True)
        except CommandFailed:
            with self._writer.unprotected([*texts, *replaces]) as is_changed:
                if not is_changed:
                    raise
                printed = self._command(argv, seconds, writes=True)
        self._record("ran", argv[0], detail)
        self._texts.clear()
        for path, before in texts.items():
            after = self.read(path)
            if before != after:
                action = "created" if before is None else "removed" if after is None else "changed"
                self._record(action, path, detail, before, after)
        return printed

    def ask(self, argv: Sequence[str], seconds: int = 0) -> str:
        """Run a program of the guest that changes nothing, and return what it printed. seconds, errors: as of run."""
        return self._command(argv, seconds, writes=False)

    def _command(self, argv: Sequence[str], seconds: int, writes: bool) -> str:
        # It takes the group of processes with it. Options of coreutils, and of busybox.
        is_limited = seconds and self.exists(_TIMEOUT)
        limit = [_TIMEOUT, "-k", str(_SECONDS_TO_END), str(seconds)] if is_limited else []
        started = time.monotonic()
        try:
            with self.guest.mappings_called_by_guest():
                return self._appliance.command([*limit, *argv])
        except ApplianceError as error:
            if limit and time.monotonic() - started >= seconds:
                message = f"`{' '.join(argv)}` did not end within {seconds} seconds in the guest on {self.name}."
                raise CommandFailed("guest-command-failed", message) from error
            message = f"`{' '.join(argv)}` failed in the guest on {self.name}: {error.message}"
            obstacles = self._writer.obstacles() if writes and isinstance(error, CallFailed) else []
            hint = f"{' '.join(obstacles)} Change that in the guest, and convert it again." if obstacles else ""
            raise CommandFailed("guest-command-failed", message, hint=hint) from error

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

    def hive(self, name: str, detail: str) -> Hive | None:
        """A file of the Windows registry, to be read and altered; None when there is no such file.

        name: "SYSTEM", "SOFTWARE" or "DRIVERS", of the directory of Windows' configuration; or the path of a file in any
        letter case. What is altered is written, and recorded with detail, at the end of on_behalf_of: a change per key,
        with its path after that of the file.
        Raises GuestconvError `registry-malformed`.
        """
        path = self.spelled(name if name.startswith("/") else f"{WINDOWS_CONFIGURATION}/{name}")
        return self._hives.hive(path, detail) if self.is_file(path) else None

    # What was done

    def _new_directory(self, path: str) -> str | None:
        """The directory that is not there for the file at path, which will be made with those above; None if it is there."""
        made: builtins.list[str] = []
        directory = posixpath.dirname(path)
        while not self._appliance.exists(directory):
            made, directory = [directory, *made], posixpath.dirname(directory)
        self._written.new += [*made, path]
        return made[-1] if made else None

    def restore_labels(self) -> builtins.list[Concern]:
        """Give what was written its SELinux labels. The concerns about those that are not sure. See labels.py."""
        concern = restore(self, self._appliance, self._written, self._made_mount_points)
        self._written = Written()
        return [concern] if concern else []

    def _made_mount_points(self) -> builtins.list[str]:
        """The mount points that were missing and were made, with nothing mounted on them any more."""
        made = self.guest.mount_points_made(self)
        if made:
            self.guest.mounter.show([each for each in self.mounted if each.path not in made], read_only=False)
        return made

    def _record(self, action: str, path: str, detail: str, before: str | None = None, after: str | None = None) -> None:
        self._changes.append(Change(self.name, self._aspect, action, path, detail, before, after))

    def changes(self) -> builtins.list[Change]:
        """The changes so far, in order. Files that came out as they were before are not among them."""
        first: dict[tuple[str, str], str | None] = {}
        last: dict[tuple[str, str], str | None] = {}
        for change in self._changes:
            if change.before is not None or change.after is not None:
                first.setdefault((change.root, change.path), change.before)
                last[change.root, change.path] = change.after
        unchanged = {place for place, before in first.items() if before == last[place]}
        return [change for change in self._changes if (change.root, change.path) not in unchanged]

    def release(self) -> None:
        """Have no file in use, so that something else can be mounted."""
        self._hives.close()

    def close(self) -> None:
        """Forget what was read, before another root is mounted."""
        self._trees.close()
        self._hives.close()
        self._texts.clear()
        self._spelled.clear()
