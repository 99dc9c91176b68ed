# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cases as they are written: parses a guest that is a text file. README.md has the format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import KINDS, TARGETS
from tests import hives
from tests.text_guests import contents, initrds, luks, programs, sectors
from tests.text_guests.arrays import LEVELS, METADATA
from tests.text_guests.contents import Content, Directory, Fifo, Link
from tests.text_guests.model import ARRAY, Answer, Case, CaseError, Expectation, Placed, Term, Volume

# The kernel's names of a disk, and of a partition of one.
_DEVICE = re.compile(r"(?P<disk>(?:nvme\d+n\d+|mmcblk\d+)(?=p\d|\Z)|(?:[shv]d|xvd)[a-z]+)p?(?P<number>\d*)\Z")
_VOLUME = re.compile(r"/dev/[^/\s]+/[^/\s]+\Z")

# {option of @part and @lv: blkid's tag}.
_TAGS = {
    "type": "TYPE",
    "uuid": "UUID",
    "label": "LABEL",
    "partuuid": "PART_ENTRY_UUID",
    "partlabel": "PART_ENTRY_NAME",
    "parttype": "PART_ENTRY_TYPE",
    "start": "PART_ENTRY_OFFSET",
}
OPTIONS_OF_VOLUMES = ("lvuuid", "vg", "vguuid", "snapshot", "skipped", "inactive", "missing")
OPTIONS_OF_ARRAYS = (
    *("members", "level", "metadata", "name", "array", "absent", "unused", "outdated"),
    *("spares", "unclean", "rebuilding", "stopped"),
)
_OPTIONS = (
    *("subvolumes", "default", "room", "inodes", "readonly", "errors", "journal"),
    *OPTIONS_OF_VOLUMES,
    *OPTIONS_OF_ARRAYS,
)
# What @key takes.
_KEY_OPTIONS = ("device", "uuid", "all", "passphrase", "bytes")
# Types of partitions in a GPT, by a word.
_PARTITION_TYPES = {
    "esp": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
    "bios-boot": "21686148-6449-6e6f-744e-656564454649",
    "xbootldr": "bc13c2ff-59e6-4262-a352-b275fd6f7172",
}

# Options of the modules, and what they may be.
OPTIONS = {
    "initrd": ("auto", "supplement", "rebuild"),
    "target": tuple(TARGETS),
    "virtio_win": ("2k8", "w7", "2k8R2", "w8.1", "2k12R2", "w10", "2k22"),
}

# {key: how its value is written}: nothing, a value that may be left out, a value, PATH::PATTERN.
_NOTHING, _OPTIONAL, _VALUE, _PATTERN, _IN_FILE = range(5)
TERMS = {
    "converts": _NOTHING,
    "silent": _NOTHING,
    "idempotent": _NOTHING,
    "refused": _OPTIONAL,
    "told": _PATTERN,
    "ran": _PATTERN,
    "changed": _PATTERN,
    "hardware": _PATTERN,
    "has": _IN_FILE,
    "not": _IN_FILE,
    "holds": _IN_FILE,
    "label": _IN_FILE,
    "same": _VALUE,
    "protected": _VALUE,
    "default": _VALUE,
    "driver": _IN_FILE,
    "unavailable": _IN_FILE,
    "roots": _VALUE,
    "loader": _VALUE,
    "source": _VALUE,
}


def read(path: Path) -> Case:
    """The case in a file. Raises CaseError."""
    try:
        text = path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise CaseError(f"{path}: {error.strerror}") from error
    return parse(text, path.stem, str(path))


def parse(text: str, name: str, path: str) -> Case:
    """The case that text describes. path: what a CaseError calls the file."""
    parser = _Parser(name)
    number = 0
    try:
        for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
            parser.line(line, number)
        parser.end()
    except ValueError as error:
        raise CaseError(f"{path}:{number}: {error}") from error
    return parser.case


class _Parser:
    """The state between two lines of a case. What is wrong with one is a ValueError."""

    def __init__(self, name: str) -> None:
        self.case = Case(name)
        self._volume: Volume | None = None
        # The file whose lines follow.
        self._file: str | None = None
        self._answer: Answer | None = None
        self._number = 0
        # Until the first word any text is a comment.
        self._has_begun = False

    def line(self, line: str, number: int) -> None:
        """Take the next line."""
        self._number = number
        if (self._file is not None or self._answer) and (not line.startswith("@") or line.startswith("@@")):
            self._append(f"{line[line.startswith('@') :]}\n")
            return
        self._file = self._answer = None
        if line.startswith("@"):
            self._has_begun = True
            word, _blank, rest = line[1:].rstrip("\r").partition(" ")
            if word not in WORDS:
                raise ValueError(f"@{word} is not known. Known are: {', '.join('@' + each for each in WORDS)}.")
            WORDS[word](self, rest)
        elif line.startswith("#"):
            self._comment(line[1:].strip())
        elif line.strip() and self._has_begun:
            raise ValueError("Text may only follow @file. A comment begins with #.")

    def end(self) -> None:
        """The case is over."""
        if not self.case.volumes:
            raise ValueError("There is no @part.")
        for volume in self.case.volumes:
            for path, is_dirty in volume.hives.items():
                placed = volume.files[path]
                assert isinstance(placed.content, bytes)
                content = hives.stand_in(placed.content.decode(), is_dirty)
                volume.files[path] = Placed(content, placed.line)
        if not self.case.expectations:
            raise ValueError("There is no @expect.")
        first_disk = next((volume.disk for volume in self.case.volumes if volume.disk), "")
        partitions = [volume for volume in self.case.volumes if volume.disk == first_disk and volume.number]
        if self.case.boot_code == "mbr" and partitions and not any(volume.is_active for volume in partitions):
            # It starts nothing else.
            min(partitions, key=lambda volume: volume.number).is_active = True

    def _comment(self, text: str) -> None:
        key, colon, value = text.partition(":")
        if colon and not self._has_begun:
            self.case.comments.setdefault(key, value.strip())

    # What the guest is

    def os(self, rest: str) -> None:
        self.case.os = _given(rest, "an operating system")

    def firmware(self, rest: str) -> None:
        self.case.hardware["firmware"] = _one_of(rest, ("bios", "uefi"), "firmware")

    def sector(self, rest: str) -> None:
        self.case.boot_code = _one_of(rest, sectors.OF_DISK, "boot sector of a disk")

    def core(self, rest: str) -> None:
        self.case.core = rest

    def hardware(self, rest: str) -> None:
        self.case.hardware.update(_json(rest))

    def part(self, rest: str) -> None:
        name, options = _options(rest)
        found = _DEVICE.match(name.removeprefix("/dev/"))
        if not found:
            raise ValueError(f"{name or 'Nothing'} is no name of a partition or disk, such as sda1.")
        self._add(Volume(f"/dev/{found[0]}", found["disk"], int(found["number"] or 0), {}, {}), options)

    def lv(self, rest: str) -> None:
        name, options = _options(rest)
        if not _VOLUME.match(name):
            raise ValueError(f"{name or 'Nothing'} is no name of a logical volume, such as /dev/vg/root.")
        self._add(Volume(name, "", 0, {}, {}), options)

    def md(self, rest: str) -> None:
        name, options = _options(rest)
        if not ARRAY.match(name):
            raise ValueError(f"{name or 'Nothing'} is no name of an array, such as /dev/md0 or /dev/md/root.")
        self._add(Volume(name, "", 0, {}, {}), options)
        for option, known in (("level", LEVELS), ("metadata", METADATA)):
            _one_of(options.get(option, next(reversed(known))), known, option)
        there = {each.device for each in self.case.volumes if each.disk}
        members = [f"/dev/{member}" for member in self._here.option("members")]
        if not members or not there.issuperset(members):
            raise ValueError("An array has members=sda1,sdb1, which are partitions or disks from above.")

    def luks(self, rest: str) -> None:
        name, options = _options(rest)
        device = name if name.startswith("/dev/") else f"/dev/{name}"
        locked = next((each for each in self.case.volumes if each.device == device), None)
        if locked is None:
            raise ValueError(f"{name or 'Nothing'} is no @part, @lv or @luks that stands above.")
        locked.tags.setdefault("TYPE", "crypto_LUKS")
        locked.options.update({key: options.pop(key) for key in luks.OPTIONS if key in options})
        mapped = f"/dev/mapper/luks-{device[len('/dev/') :].replace('/', '-')}"
        self._add(Volume(mapped, "", 0, {}, {}, locked=locked), options)

    def key(self, rest: str) -> None:
        key = dict(word.partition("=")[::2] for word in rest.split())
        for option in key:
            _one_of(option, _KEY_OPTIONS, "option of @key")
        self.case.keys.append({option: value.replace("%20", " ") for option, value in key.items()})

    def _add(self, volume: Volume, options: Mapping[str, str]) -> None:
        if any(each.device == volume.device for each in self.case.volumes):
            raise ValueError(f"{volume.device} is there already.")
        for key, value in options.items():
            value = value.replace("%20", " ")
            if key in _TAGS:
                if value:
                    volume.tags[_TAGS[key]] = _PARTITION_TYPES.get(value, value) if key == "parttype" else value
            else:
                volume.options[_one_of(key, _OPTIONS, "option", tuple(_TAGS))] = value
        for number in (volume.options.get("room", "0"), volume.options.get("inodes", "0")):
            if not (number.isascii() and number.isdigit()):
                raise ValueError(f"{number or 'Nothing'} is no number of bytes or inodes.")
        self._volume = volume
        self.case.volumes.append(volume)

    # What is on the volume

    @property
    def _here(self) -> Volume:
        if self._volume is None:
            raise ValueError("It is on no @part or @lv: one must stand above.")
        return self._volume

    def _put(self, path: str, content: Content) -> None:
        if not path.startswith("/"):
            raise ValueError(f"{path or 'Nothing'} is no absolute path.")
        self._here.files[path] = Placed(content, self._number)

    def _append(self, line: str) -> None:
        if self._answer:
            self._answer.text += line
            return
        assert self._file is not None
        before = self._here.files[self._file]
        assert isinstance(before.content, bytes)
        content = before.content + line.encode("utf-8", "surrogateescape")
        self._here.files[self._file] = Placed(content, before.line)

    def vbr(self, rest: str) -> None:
        self._here.boot_code = _one_of(rest, sectors.OF_PARTITION, "boot sector of a partition")

    def active(self, rest: str) -> None:
        if rest or not self._here.number:
            raise ValueError("@active takes nothing, and is of a partition.")
        self._here.is_active = True

    def file(self, rest: str) -> None:
        self._put(rest, b"")
        self._file = rest

    def hive(self, rest: str) -> None:
        path, *words = rest.split(" ")
        for word in words:
            _one_of(word, ("dirty",), "state of a hive")
        self.file(path)
        self._here.hives[path] = "dirty" in words

    def directory(self, rest: str) -> None:
        self._put(rest, Directory())

    def fifo(self, rest: str) -> None:
        self._put(rest, Fifo())

    def immutable(self, rest: str) -> None:
        self._here.attributes[_given(rest, "a path")] = "i"

    def append_only(self, rest: str) -> None:
        self._here.attributes[_given(rest, "a path")] = "a"

    def labelled(self, rest: str) -> None:
        self._here.labelled_at = rest or "/"

    def lacks(self, rest: str) -> None:
        self.case.lacking.append(_given(rest, "a program"))

    def writes(self, rest: str) -> None:
        program, path = _words(rest, "PROGRAM PATH")
        self.case.written.append((program, path))

    def link(self, rest: str) -> None:
        path, target = _words(rest, "PATH TARGET")
        self._put(path, Link(target))

    def remove(self, rest: str) -> None:
        if rest not in self._here.files:
            raise ValueError(f"There is no {rest} on {self._here.device}.")
        del self._here.files[rest]

    def system(self, rest: str) -> None:
        if rest:
            raise ValueError("@system takes nothing.")
        for path, content in contents.system(self.case.os).items():
            self._put(path, content)

    def grub(self, rest: str) -> None:
        if rest:
            raise ValueError("@grub takes nothing.")
        for path, content in contents.grub().items():
            self._put(path, content)

    def kernel(self, rest: str) -> None:
        version, options = _options(rest)
        _given(version, "the kernel's version")
        for option in options:
            _one_of(option, contents.KERNEL_OPTIONS, "option of @kernel")
        for path, content in contents.kernel(version, options).items():
            self._put(path, content)

    def initrd(self, rest: str) -> None:
        path, version, builder = _words(rest, "PATH VERSION BUILDER")
        initrds.check_builder(builder)
        self._put(path, initrds.initrd(version, builder))

    def bzimage(self, rest: str) -> None:
        path, version = _words(rest, "PATH VERSION")
        self._put(path, programs.bzimage(version))

    def efi(self, rest: str) -> None:
        path, *words = rest.split(" ") if rest else [""]
        kind, options = _options(" ".join(words))
        _one_of(kind, programs.KINDS, "EFI program")
        for option in options:
            _one_of(option, programs.OPTIONS, "option of @efi")
        self._put(path, programs.efi(kind, {key: value.replace("%20", " ") for key, value in options.items()}))

    # What is asked, and expected

    def choose(self, rest: str) -> None:
        kind, driver = _words(rest, "KIND DRIVER")
        self.case.choices.append((_one_of(kind, KINDS, "kind of device"), driver))

    def without(self, rest: str) -> None:
        kind, device = _words(rest, "KIND DEVICE")
        self.case.removed.append((_one_of(kind, KINDS, "kind of device"), device))

    def root(self, rest: str) -> None:
        self.case.root = _given(rest, "a root")

    def option(self, rest: str) -> None:
        name, value = _words(rest, "NAME VALUE")
        allowed = OPTIONS[_one_of(name, OPTIONS, "option")]
        self.case.options[name] = _one_of(value, allowed, f"value of {name}")

    def tools(self, rest: str) -> None:
        name, value = _words(rest, "NAME ACTION")
        self.case.tools[name] = {"true": True, "false": False}.get(value, value)

    def prints(self, rest: str) -> None:
        self._answer = Answer(_given(rest, "the beginning of a command line"))
        self.case.answers.append(self._answer)

    def fails(self, rest: str) -> None:
        self.prints(rest)
        self.case.answers[-1].fails = True

    def first_boot(self, rest: str) -> None:
        self.case.first_boot = _json(rest)

    def expect(self, rest: str) -> None:
        alternatives = tuple(
            tuple(_term(term.strip()) for term in alternative.split(" AND ")) for alternative in rest.split(" OR ")
        )
        self.case.expectations.append(Expectation(rest, alternatives))


WORDS: dict[str, Callable[[_Parser, str], None]] = {
    "os": _Parser.os,
    "firmware": _Parser.firmware,
    "hardware": _Parser.hardware,
    "sector": _Parser.sector,
    "core": _Parser.core,
    "part": _Parser.part,
    "lv": _Parser.lv,
    "md": _Parser.md,
    "luks": _Parser.luks,
    "key": _Parser.key,
    "vbr": _Parser.vbr,
    "active": _Parser.active,
    "system": _Parser.system,
    "grub": _Parser.grub,
    "kernel": _Parser.kernel,
    "bzimage": _Parser.bzimage,
    "initrd": _Parser.initrd,
    "efi": _Parser.efi,
    "file": _Parser.file,
    "hive": _Parser.hive,
    "directory": _Parser.directory,
    "link": _Parser.link,
    "fifo": _Parser.fifo,
    "immutable": _Parser.immutable,
    "append-only": _Parser.append_only,
    "remove": _Parser.remove,
    "labelled": _Parser.labelled,
    "lacks": _Parser.lacks,
    "writes": _Parser.writes,
    "choose": _Parser.choose,
    "without": _Parser.without,
    "root": _Parser.root,
    "option": _Parser.option,
    "tools": _Parser.tools,
    "prints": _Parser.prints,
    "fails": _Parser.fails,
    "first-boot": _Parser.first_boot,
    "expect": _Parser.expect,
}


def _term(text: str) -> Term:
    key, equals, value = text.partition("=")
    form = TERMS[_one_of(key, TERMS, "expectation")]
    if form == _NOTHING and equals:
        raise ValueError(f"{key} takes no value.")
    if form not in (_NOTHING, _OPTIONAL) and not value:
        raise ValueError(f"{key} needs a value.")
    if form == _PATTERN:
        return Term(key, pattern=_pattern(value))
    if form == _IN_FILE:
        path, colons, pattern = value.partition("::")
        if not colons:
            raise ValueError(f"{key} is written as {key}=PATH::PATTERN.")
        return Term(key, path, _pattern(pattern))
    return Term(key, value)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text} is no regular expression: {error}.") from error
    return text


def _options(rest: str) -> tuple[str, dict[str, str]]:
    """The first word of rest, and the others as {KEY: VALUE}."""
    name, *options = rest.split() or [""]
    return name, {key: value for key, _equals, value in (option.partition("=") for option in options)}


def _words(rest: str, form: str) -> Sequence[str]:
    words = rest.split()
    if len(words) != len(form.split()):
        raise ValueError(f"{form} is wanted, not {rest or 'nothing'}.")
    return words


def _json(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"It is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise ValueError("It must be a JSON object.")
    return found


def _given(text: str, what: str) -> str:
    if not text.strip():
        raise ValueError(f"It lacks {what}.")
    return text


def _one_of(value: str, known: Mapping[str, object] | Sequence[str], what: str, others: Sequence[str] = ()) -> str:
    if value not in known:
        raise ValueError(f"{value or 'Nothing'} is no {what}. Known are: {', '.join([*others, *known])}.")
    return value
