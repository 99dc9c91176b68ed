# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""dracut (Fedora, Enterprise Linux, SUSE; newer Debian and Ubuntu)."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Sequence

from .builder import WHY, ArgumentEdit, Door, always_loads, same_place

NAME = "dracut"
# In Enterprise Linux 6, 7, and since 8.
PROGRAMS = ("/usr/bin/dracut", "/usr/sbin/dracut", "/sbin/dracut")
# dracut.sh makes it in its temporary directory, and copies it over the old one.
KEEPS_OLD = False
# dracut.sh writes lib/dracut/; that of Enterprise Linux 6 (004) does not, but has the library of its scripts.
EVIDENCE = ("usr/lib/dracut", "lib/dracut", "usr/lib64/dracut", "lib/dracut-lib.sh", "usr/lib/dracut-lib.sh")
# Where its squash modules hide most of the files, modules among them (dracut.sh, lsinitrd.sh).
IMAGES = ("squash-root.img", "squashfs-root.img", "erofs-root.img", "squash/root.img")
CONFIGURATION = ("/etc/dracut.conf", "/etc/dracut.conf.d/*.conf")
# It writes kernel_cmdline, and what its modules add for this host, into files of etc/cmdline.d in the initrd. And for
# each device of this host, and of add_device, what makes the initrd wait until it is there, for ever with systemd
# (wait_for_dev of dracut-lib.sh): a script, and a unit of systemd.
_HOOKS = r"(?:(?:usr|var)/)?lib/dracut/hooks/(?:initqueue/finished/devexists|emergency/80)-.+\.sh"
# Names that hardware gives, as systemd-escape(1) writes them.
_UNIT = (
    r"dev-(?:[hsv]d[a-z]+\d*|xvd[a-z]+\d*|nvme\d+n\d+(?:p\d+)?"
    r"|disk-by\\x2d(?:path-.+|diskseq-.+|id-(?!dm\\x2d|md\\x2d|lvm\\x2d).+))\.device"
)
COPIES = rf"etc/cmdline\.d/.+|{_HOOKS}|etc/systemd/system/{_UNIT}\.d/timeout\.conf"
# What unlocks disks over the network; it brings NICs up without being asked to on the command line.
NETWORK_PROGRAMS = ("/usr/lib/dracut/modules.d/*clevis-pin-tang",)

_OURS = "/etc/dracut.conf.d/guestconv.conf"
# A line that is no comment, and the arguments in it that name a device (parse-block.sh, parse-resume.sh).
_LINE = re.compile(r"(?m)^[ \t]*(?![#\s]).*$")
_DEVICE = re.compile(r"""(?<![^\s"'])(?P<key>(?:root|resume|mount\.usr)=(?:block:)?)(?P<name>/dev/[^\s"',]+)""")
_OMITTED = re.compile(r"(?m)^(?P<before>[ \t]*omit_drivers\+?=)(?P<value>[^#\n]*)")
_LONGEST_WORD = 64
_IS_THERE = re.compile(r'\[ -e "(?P<name>/dev/[^"\n]+)" \]')
_TIMEOUT = re.compile(r"(?m)^(Job(?:Running)?TimeoutSec=).*$")
# udev's directories of links for what a device is called by.
_LINKS = {"UUID": "by-uuid", "LABEL": "by-label", "PARTUUID": "by-partuuid", "PARTLABEL": "by-partlabel"}
_KERNEL_CMDLINE = re.compile(r"^[ \t]*kernel_cmdline\+?=.*", re.MULTILINE)


places = same_place
loads_added = always_loads


def include(root: Door, modules: Sequence[str], files: Sequence[str]) -> None:
    """Name the modules and files in a file of ours, and have no other file leave the modules out."""
    for path, other in root.texts(CONFIGURATION).items():
        if path != _OURS:
            root.write(path, without_omitted(other, modules), WHY)
    text = with_added(root.read(_OURS) or "", modules, files)
    if text:
        root.write(_OURS, text, WHY)


def with_added(text: str, modules: Sequence[str], files: Sequence[str] = ()) -> str:
    """text of a dracut.conf(5) of ours that adds modules and files to every initrd, hostonly or not, and what it names.

    Of /etc/systemd/network and /etc/udev/rules.d dracut itself copies .link files and 70-persistent-net.rules alone,
    and not into initrds for any host (modules.d/35network-legacy, 35network-manager, 95udev-rules).
    """
    lines = []
    for key, added in (("add_drivers", modules), ("install_items", files)):
        named = " ".join(re.findall(rf'(?m)^{key}\+="([^"\n]*)"', text)).split()
        if named or added:
            # dracut joins what the files add, so the spaces at both ends are needed.
            lines.append(f'{key}+=" {" ".join(dict.fromkeys([*named, *added]))} "\n')
    return "".join(lines)


def without_omitted(text: str, modules: Sequence[str]) -> str:
    """text of a dracut.conf(5) without those words of omit_drivers that leave out one of modules.

    They are regular expressions for whole names (option -N of dracut-install). dracut.sh passes over those that are in
    add_drivers word by word, and not over a pattern. Of patterns, only `.` and `.*` are understood.
    """

    def edited(assignment: re.Match[str]) -> str:
        kept = re.sub(r"[^\s\"']+", lambda word: "" if _omits(word[0], modules) else word[0], assignment["value"])
        return assignment["before"] + kept

    return _OMITTED.sub(edited, text)


def _omits(word: str, modules: Sequence[str]) -> bool:
    pattern = word.replace("-", "_").replace(".*", "*").replace(".", "?")
    return any(fnmatch.fnmatchcase(name, pattern) for name in modules) if len(word) < _LONGEST_WORD else False


def command(initrd: str, version: str) -> list[str]:
    """The command that makes the initrd anew."""
    return ["dracut", "--force", initrd, version]


def devices(text: str) -> list[str]:
    """Those that arguments of the kernel's in text name: of kernel_cmdline, or in a file of etc/cmdline.d."""
    return [found["name"] for line in _LINE.findall(text) for found in _DEVICE.finditer(line)]


def with_devices(text: str, rename: Callable[[str], str | None]) -> str:
    """text with these renamed; an argument whose device becomes "" is left out.

    What waits for a device waits for the new name; systemd, which has the old name in that of a link that cannot be taken
    out of an initrd, gives up after a second.
    """

    def renamed(argument: re.Match[str]) -> str:
        new = rename(argument["name"])
        return argument[0] if new is None else new and argument["key"] + new

    def waited_for(script: re.Match[str]) -> str:
        new = rename(script["name"])
        return script[0] if new is None else f'[ -e "{_link(new)}" ]'

    text = _TIMEOUT.sub(r"\g<1>1", _IS_THERE.sub(waited_for, text))
    return _LINE.sub(lambda line: _DEVICE.sub(renamed, line[0]), text)


def _link(spec: str) -> str:
    """The path of what a spec of fstab names; one that is there in any case for ""."""
    tag, equals, value = spec.partition("=")
    return f"/dev/disk/{_LINKS[tag]}/{value}" if equals and tag in _LINKS else spec or "/dev"


def network_arguments(text: str) -> list[str]:
    """The words of kernel_cmdline."""
    return [word for line in _KERNEL_CMDLINE.findall(text) for word in re.split(r"[\s\"']+", line)]


def with_network(text: str, edit: ArgumentEdit, rename: Callable[[str], str]) -> str:
    """text with the arguments in kernel_cmdline edited."""
    return _KERNEL_CMDLINE.sub(lambda line: copy_with_network(line[0], edit, rename), text)


def copy_with_network(text: str, edit: ArgumentEdit, rename: Callable[[str], str]) -> str:
    """text of a file of etc/cmdline.d with each argument in it edited."""
    return re.sub(r"[^\s\"']+", lambda word: edit(word[0]) or "", text)
