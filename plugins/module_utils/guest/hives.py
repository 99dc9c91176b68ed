# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the Windows registry ("hives") of a root, read and edited inside the appliance by libguestfs's hivex.

A hive is parsed in the appliance alone, as the guest is hostile. hivex has one hive open at a time, so altering one
and then asking another writes the first. Names of keys and values are found in any letter case, as Windows finds them.

hivex (lib/node.c, lib/write.c): the handle of a node is its place in the file, which writing does not change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Callable, NamedTuple, Protocol, TypeVar

from ..appliance.calls import Calls
from ..appliance.failures import ApplianceError, TextNotUtf8
from ..errors import GuestconvError
from ..texts.registry import Value, shown

# Where the hives of Windows are.
WINDOWS_CONFIGURATION = "/Windows/System32/config"

# Keys of one key, and values of it, that are listed; of those that one deletion takes; and of the names in a path. The
# largest key of Windows 7 (CriticalDeviceDatabase) has 2548, and no path of Windows' is longer than 512.
MOST_KEYS = 20_000
MOST_DELETED = 5_000
MOST_LEVELS = 512
# Bytes of a value that hivex writes as Windows does. A larger one is in several pieces in a hive (regf 1.4), which
# hivex reads and does not write; it writes all values of a key when one of them is set (lib/write.c).
MOST_BYTES = 16344

_SEPARATOR = "\\"

_Answer = TypeVar("_Answer")


class Record(Protocol):
    """How a change is recorded (root.GuestRoot)."""

    def __call__(self, action: str, path: str, detail: str, before: str | None, after: str | None) -> None: ...


class Key(Protocol):
    """A key of the registry, with its subkeys and values. Paths have backslashes between names.

    All methods raise GuestconvError `registry-malformed`; those that alter, `registry-not-written` too.
    """

    @property
    def name(self) -> str:
        """Its own name, as the hive has it; "" for the topmost key."""

    def key(self, path: str) -> Key | None:
        """The key at a path below this one; None when there is none."""

    def keys(self) -> Sequence[Key]:
        """The keys directly below, in the hive's order. One with a name that is no text is left out."""

    def value(self, name: str) -> Value | None:
        """The value of this name, "" for the default value; None when there is none."""

    def values(self) -> dict[str, Value]:
        """All values by their names, in the hive's order; "" is the default value."""

    def create(self, path: str) -> Key:
        """The key at a path below this one, which is made with those above if it is not there."""

    def set(self, name: str, value: Value) -> None:
        """Set a value. It is no change where it is set already."""

    def delete_value(self, name: str) -> None:
        """Delete a value, if it is there.

        libguestfs has no such call, so the key is made again without it, and gets the permissions of the key above.
        """

    def delete(self) -> None:
        """Delete the key with all below it. It must not be used any more."""


class Hive(Protocol):
    """A hive, as the door gives it. path: of its file in the guest."""

    @property
    def path(self) -> str: ...

    @property
    def top(self) -> Key:
        """The topmost key."""

    def key(self, path: str) -> Key | None:
        """The key at a path from the top; None when there is none."""


class _Touched(NamedTuple):
    """A key that was altered: its path as it is shown, what for, and its text before; None where it was not there."""

    path: str
    detail: str
    before: str | None


class Hives:
    """The hives of one root.

    name: the root's. save: does what writes to the file at a path, and explains why it fails. record: takes changes.
    """

    def __init__(
        self, appliance: Calls, name: str, save: Callable[[str, Callable[[], None]], None], record: Record
    ) -> None:
        self.appliance = appliance
        self._name = name
        self._save = save
        self._record = record
        self._open: _OpenHive | None = None

    def hive(self, path: str, detail: str) -> Hive:
        """The hive in the file at path, which is there. detail: what it is altered for, if it is.

        Raises GuestconvError `registry-malformed` when hivex does not understand the file.
        """
        hive = _Hive(self, path, detail)
        hive.opened()
        return hive

    def opened(self, path: str, writable: bool = False) -> _OpenHive:
        """Have the hive in the file at path open. What was altered in another one is written."""
        if self._open and self._open.path == path and (self._open.writable or not writable):
            return self._open
        self.save()
        self.close()
        try:
            self.appliance.hivex_open(path, write=writable)
            self._open = _OpenHive(path, writable, self.appliance.hivex_root())
        except ApplianceError as error:
            raise self.malformed(path, error) from error
        return self._open

    def save(self) -> None:
        """Write what was altered in the open hive. Raises GuestconvError as the door's writing, `registry-not-written`."""
        opened = self._open
        if opened is None or not opened.touched:
            return
        texts = [(each, self._text(opened, each.path)) for each in opened.touched.values()]
        changed = [(each, after) for each, after in texts if after != each.before]
        opened.touched.clear()
        if not changed:
            # What is altered in memory may still differ in more than its meaning.
            self.close()
            return
        try:
            self._save(opened.path, lambda: self.appliance.hivex_commit(None))
        except ApplianceError as error:
            message = (
                f"The registry file {opened.path} on {self._name} cannot be written: {error.message.rstrip('. ')}."
            )
            raise GuestconvError("registry-not-written", message) from error
        for each, after in changed:
            action = "created" if each.before is None else "removed" if after is None else "changed"
            place = f"{opened.path}{_SEPARATOR}{each.path}" if each.path else opened.path
            self._record(action, place, each.detail, each.before, after)

    def close(self) -> None:
        """Forget the open hive, and what was altered in it since it was saved: its file must not be in use any more."""
        if self._open:
            self._open = None
            self.appliance.hivex_close()

    def malformed(self, path: str, error: ApplianceError) -> GuestconvError:
        """The error for a hive that hivex does not understand."""
        return GuestconvError(
            "registry-malformed",
            f"The registry file {path} on {self._name} cannot be read: {error.message.rstrip('. ')}.",
            hint="Start Windows on its old hypervisor, run `chkdsk` and `sfc /scannow` there, and shut it down.",
        )

    def _text(self, opened: _OpenHive, path: str) -> str | None:
        key = _Hive(self, opened.path, "").at(path)
        return None if key is None else text(key, path)


@dataclass
class _OpenHive:
    """What is open. root: its node. handles: of keys by their path, in one letter case. touched: what was altered."""

    path: str
    writable: bool
    root: int

    def __post_init__(self) -> None:
        self.handles: dict[str, int] = {"": self.root}
        self.touched: dict[str, _Touched] = {}

    def forget(self, path: str) -> None:
        """Forget the handles of the key at path, and of those below."""
        gone = path.casefold()
        self.handles = {
            each: handle
            for each, handle in self.handles.items()
            if each != gone and not each.startswith(gone + _SEPARATOR)
        }


def text(key: Key, path: str) -> str:
    """The key with its values as text, without the keys below. path: as it is shown."""
    return "".join(f"{line}\n" for line in (f"[{path}]", *(shown(*each) for each in key.values().items())))


class _Hive:
    """See Hive."""

    def __init__(self, hives: Hives, path: str, detail: str) -> None:
        self.hives = hives
        self.path = path
        self.detail = detail

    @property
    def top(self) -> _Key:
        """See Hive."""
        return _Key(self, "", "")

    def key(self, path: str) -> _Key | None:
        """See Hive."""
        return self.at(path)

    def at(self, path: str) -> _Key | None:
        """The key at this path, with the names as path spells them; None when there is none."""
        names = [name for name in path.split(_SEPARATOR) if name]
        if len(names) > MOST_LEVELS:
            return None
        key = _Key(self, _SEPARATOR.join(names), names[-1] if names else "")
        return key if self.handle(key.path) else None

    def opened(self) -> _OpenHive:
        """Have it open; for writing at once if it is to be altered, as each opening of a large hive takes seconds."""
        return self.hives.opened(self.path, writable=bool(self.detail))

    def read(self, call: Callable[[], _Answer]) -> _Answer:
        """What a call of hivex returns. Raises GuestconvError `registry-malformed`."""
        try:
            return call()
        except TextNotUtf8:
            raise
        except ApplianceError as error:
            raise self.hives.malformed(self.path, error) from error

    def handle(self, path: str) -> int:
        """hivex's handle of the key at path; 0 when there is none."""
        opened = self.opened()
        known = opened.handles.get(path.casefold())
        if known is not None:
            return known
        above, _separator, name = path.rpartition(_SEPARATOR)
        parent = self.handle(above)
        if not parent:
            return 0
        try:
            found = self.read(lambda: self.hives.appliance.hivex_node_get_child(parent, name))
        except TextNotUtf8:
            return 0
        if found:
            opened.handles[path.casefold()] = found
        return found

    def touch(self, key: _Key) -> None:
        """Note that a key will be altered, as it is before."""
        opened = self.hives.opened(self.path, writable=True)
        if key.path.casefold() not in opened.touched:
            before = text(key, key.path) if self.handle(key.path) else None
            opened.touched[key.path.casefold()] = _Touched(key.path, self.detail, before)

    def alter(self, call: Callable[[], _Answer]) -> _Answer:
        """What a call that alters the hive returns. Raises GuestconvError `registry-not-written`."""
        try:
            return call()
        except ApplianceError as error:
            raise GuestconvError(
                "registry-not-written",
                f"The registry file {self.path} cannot be altered: {error.message.rstrip('. ')}.",
                hint="Start Windows on its old hypervisor, run `chkdsk` and `sfc /scannow` there, and shut it down.",
            ) from error


class _Key:
    """See Key. path: from the top, as it is shown."""

    def __init__(self, hive: _Hive, path: str, name: str) -> None:
        self._hive = hive
        self.path = path
        self._name = name

    @property
    def _calls(self) -> Calls:
        return self._hive.hives.appliance

    @property
    def _handle(self) -> int:
        handle = self._hive.handle(self.path)
        if not handle:
            raise GuestconvError(
                "registry-malformed", f"The key {self.path} of {self._hive.path} is not there any more."
            )
        return handle

    @property
    def name(self) -> str:
        """See Key."""
        return self._hive.read(lambda: self._calls.hivex_node_name(self._handle)) if self.path else ""

    def key(self, path: str) -> _Key | None:
        """See Key."""
        return self._hive.at(f"{self.path}{_SEPARATOR}{path}")

    def keys(self) -> list[_Key]:
        """See Key."""
        found = self._hive.read(lambda: self._calls.hivex_node_children(self._handle))
        self._bounded(len(found), "keys", MOST_KEYS)
        keys = []
        for node in (each["hivex_node_h"] for each in found):
            name = self._name_of(node)
            if not name or _SEPARATOR in name:
                continue
            path = f"{self.path}{_SEPARATOR}{name}" if self.path else name
            self._hive.opened().handles[path.casefold()] = node
            keys.append(_Key(self._hive, path, name))
        return keys

    def _name_of(self, node: int) -> str:
        """The name of a node; "" for one that is no text, as hivex and libguestfs's binding have it."""
        try:
            return self._calls.hivex_node_name(node)
        except ApplianceError:
            return ""

    def _bounded(self, count: int, what: str, most: int) -> None:
        if count > most:
            raise GuestconvError(
                "registry-malformed",
                f"The key {self.path} of {self._hive.path} has {count} {what}; at most {most} are read.",
            )

    def value(self, name: str) -> Value | None:
        """See Key."""
        try:
            found = self._hive.read(lambda: self._calls.hivex_node_get_value(self._handle, name))
        except TextNotUtf8:
            return None
        return self._read(found) if found else None

    def _read(self, handle: int) -> Value:
        kind = self._hive.read(lambda: self._calls.hivex_value_type(handle))
        return Value(kind, self._hive.read(lambda: self._calls.hivex_value_value(handle)))

    def values(self) -> dict[str, Value]:
        """See Key."""
        found = self._hive.read(lambda: self._calls.hivex_node_values(self._handle))
        self._bounded(len(found), "values", MOST_KEYS)
        return dict(self._named(each["hivex_value_h"]) for each in found)

    def _named(self, handle: int) -> tuple[str, Value]:
        return self._hive.read(lambda: self._calls.hivex_value_key(handle)), self._read(handle)

    def create(self, path: str) -> _Key:
        """See Key."""
        key = self
        for name in filter(None, path.split(_SEPARATOR)):
            key = key.key(name) or key._created(name)
        return key

    def _created(self, name: str) -> _Key:
        made = _Key(self._hive, f"{self.path}{_SEPARATOR}{name}" if self.path else name, name)
        self._hive.touch(made)
        self._add(name)
        return made

    def _add(self, name: str) -> None:
        self._hive.alter(lambda: self._calls.hivex_node_add_child(self._handle, name))

    def set(self, name: str, value: Value) -> None:
        """See Key."""
        if self.value(name) == value:
            return
        values = self.values()
        self._refuse_large({**values, name: value})
        self._hive.touch(self)
        # hivex would spell it as here.
        self._set(next((each for each in values if each.casefold() == name.casefold()), name), value)

    def _refuse_large(self, values: Mapping[str, Value]) -> None:
        """Raise GuestconvError `registry-not-written` for a value that hivex would write in another way than Windows."""
        for name, value in values.items():
            if len(value.data) > MOST_BYTES:
                raise GuestconvError(
                    "registry-not-written",
                    f"The key {self.path} of {self._hive.path} cannot be altered: its value {name} has "
                    f"{len(value.data)} bytes; at most {MOST_BYTES} are written.",
                )

    def _set(self, name: str, value: Value) -> None:
        self._hive.alter(lambda: self._calls.hivex_node_set_value(self._handle, name, value.type, value.data))

    def delete_value(self, name: str) -> None:
        """See Key."""
        if not self.path or self.value(name) is None:
            return
        self._hive.touch(self)
        below = [(each.path, each.values()) for each in self._with_below()]
        for _path, values in below:
            self._refuse_large(values)
        kept = {each: value for each, value in below[0][1].items() if each.casefold() != name.casefold()}
        self._remove()
        for path, values in [(self.path, kept), *below[1:]]:
            above, _separator, own = path.rpartition(_SEPARATOR)
            _Key(self._hive, above, "")._add(own)
            for each, value in values.items():
                _Key(self._hive, path, own)._set(each, value)

    def delete(self) -> None:
        """See Key."""
        for each in list(self._with_below()):
            self._hive.touch(each)
        self._remove()

    def _remove(self) -> None:
        self._hive.alter(lambda: self._calls.hivex_node_delete_child(self._handle))
        self._hive.opened().forget(self.path)

    def _with_below(self) -> Iterator[_Key]:
        """This key, and those below it, each after the one above it."""
        waiting = [self]
        count = 0
        while waiting:
            key = waiting.pop()
            count += 1
            self._bounded(count, "keys below it", MOST_DELETED)
            yield key
            waiting += reversed(key.keys())
