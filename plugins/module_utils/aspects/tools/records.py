# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools that an installer put there without packages, removed by what that installer recorded.

The uninstaller is a program for a running guest, and as such not run. What a record says is the guest's: a path in it
only counts if it is one that these tools have anywhere.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ...errors import CommandFailed
from ...guest.root import GuestRoot
from . import services

# A record of an installation has some hundred files outside the directories of the tools.
_MOST = 1000
_SECONDS_FOR_DEPMOD = 300

# Where installers put kernel modules, and what those are called.
_MODULES = tuple(f"{top}/lib/modules/*/{place}/" for top in ("", "/usr") for place in ("misc", "updates", "extra"))

_UNITS = ("/etc/systemd/system/", "/lib/systemd/system/", "/usr/lib/systemd/system/")
_SCRIPTS = ("/etc/init.d/", "/etc/rc.d/init.d/")


@dataclass(frozen=True)
class Record:
    """How one kind of tools records what it has installed.

    path: of the record. parse: the paths in its text.
    trees: shell patterns of directories that are the tools' alone. files: shell patterns of other files that they may have.
    unrecorded: those of files that the record does not have, and are theirs all the same.
    """

    path: str
    parse: Callable[[str], list[str]]
    trees: tuple[str, ...]
    files: tuple[str, ...]
    unrecorded: tuple[str, ...] = ()


def vmware_files(text: str) -> list[str]:
    """The files and links in /etc/vmware-tools/locations, a log of what was added and taken away again.

    As vmware-install.pl and vmware-config-tools.pl read it (db_load): `file PATH [TIME]`, `remove_file PATH`, `link TARGET
    PATH`. Of its other words (answer, directory, move, config, modified, module) none names another file of the tools.
    """
    there: dict[str, None] = {}
    for line in text.split("\n"):
        word, _blank, rest = line.partition(" ")
        if word == "file":
            there[re.sub(r" [0-9]+\Z", "", rest)] = None
        elif word == "remove_file":
            there.pop(rest, None)
        elif word == "link" and len(rest.split(" ")) == 2:
            there[rest.split(" ")[1]] = None
    return list(there)


def virtualbox_files(text: str) -> list[str]:
    """The files in the filelist of VirtualBox's installer: a path a line; directories end with a slash (uninstall.sh)."""
    return [line for line in text.split("\n") if line and not line.endswith("/")]


def _each(places: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    return tuple(place + name for place in places for name in names)


VMWARE = Record(
    "/etc/vmware-tools/locations",
    vmware_files,
    (
        "/etc/vmware-tools",
        "/etc/vmware-caf",
        "/usr/lib/vmware-tools",
        "/usr/lib64/vmware-tools",
        "/usr/lib/vmware-caf",
        "/usr/lib/vmware-vgauth",
        "/usr/share/doc/vmware-tools",
        "/var/lib/vmware-caf",
    ),
    (
        *_each(("/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/"), ("vmware-*", "vmtoolsd", "vm-support", "vmhgfs-fuse")),
        *_each(("/sbin/", "/usr/sbin/"), ("mount.vmhgfs",)),
        *_each(_UNITS, ("vmware-*.service", "vmware-*.mount", "*vmblock*.mount", "vgauth*.service")),
        *_each(_SCRIPTS, ("vmware-*",)),
        "/etc/init/vmware-*.conf",
        "/etc/pam.d/vmtoolsd",
        "/etc/pam.d/vmware-*",
        "/etc/udev/rules.d/99-vmware*.rules",
        "/etc/depmod.d/vmware*.conf",
        "/etc/ld.so.conf.d/vmware-tools*.conf",
        "/etc/modprobe.d/vmware*.conf",
        "/etc/xdg/autostart/vmware-*.desktop",
        "/etc/rc[0-6S].d/[SK][0-9][0-9]vmware-*",
        "/etc/rc.d/rc[0-6S].d/[SK][0-9][0-9]vmware-*",
        "/usr/share/applications/vmware-*",
        "/usr/share/icons/*/vmware-*",
        "/usr/lib/cups/backend/tpvm*",
        *_each(_MODULES, ("vm*.ko", "vsock*.ko", "pvscsi.ko")),
    ),
)

# All that the installer of VirtualBox's additions has ever put outside /opt (deffiles, next to install.sh), what its
# init scripts make when they set the additions up (vboxadd.sh, vboxadd-x11.sh), and what installs these (routines.sh).
_VIRTUALBOX_FILES = (
    # VirtualBox itself, which a guest may have too, has other programs of that name.
    *_each(("/usr/bin/VBox",), ("Client", "Client-all", "Control", "DRMClient", "AudioTest", "RandR")),
    *_each(("/usr/bin/",), ("vboxwl", "vboxadd-xclient")),
    *_each(("/usr/sbin/",), ("VBoxService", "vbox-greeter", "vboxadd-timesync", "vboxadd-service")),
    *_each(("/sbin/", "/usr/sbin/"), ("mount.vboxsf", "rcvboxadd*")),
    *_each(_UNITS, ("vboxadd*.service",)),
    *_each(_SCRIPTS, ("vboxadd*",)),
    # They run rcvboxadd for each new kernel.
    *_each(("/etc/kernel/postinst.d/", "/etc/kernel/prerm.d/"), ("vboxadd",)),
    "/etc/udev/rules.d/60-vboxadd.rules",
    "/etc/udev/rules.d/70-xorg-vboxmouse.rules",
    "/etc/hal/fdi/policy/90-vboxguest.fdi",
    "/usr/share/hal/fdi/policy/20thirdparty/90-vboxguest.fdi",
    "/etc/depmod.d/vboxvideo-upstream.conf",
    "/etc/modprobe.d/blacklist-vboxvideo.conf",
    # Of a libGL.so.1 within /var/lib/VBoxGuestAdditions.
    "/etc/ld.so.conf.d/00vboxvideo.conf",
    "/etc/xdg/autostart/vboxclient.desktop",
    "/usr/share/autostart/vboxclient.desktop",
    "/usr/share/xgreeters/vbox-greeter.desktop",
    "/etc/X11/Xsession.d/98vboxadd-xclient",
    "/etc/X11/xinit.d/98vboxadd-xclient",
    "/etc/X11/xinit/xinitrc.d/98vboxadd-xclient.sh",
    "/usr/share/xserver-xorg/pci/vboxvideo.ids",
    *_each(("/usr/lib/", "/usr/share/"), ("X11/xorg.conf.d/50-vboxmouse.conf",)),
    *_each(
        ("/usr/lib/", "/usr/lib64/", "/usr/lib/*-linux-gnu/"), ("VBoxOGL*.so", "VBoxEGL.so", "dri/vboxvideo_dri.so")
    ),
    *_each(_MODULES, ("vboxguest.ko*", "vboxsf.ko*", "vboxvideo.ko*", "vboxadd.ko*", "vboxvfs.ko*")),
    "/lib/modules/*/initrd/vboxvideo",
)

VIRTUALBOX = Record(
    "/var/lib/VBoxGuestAdditions/filelist",
    virtualbox_files,
    (
        "/opt/VBoxGuestAdditions-[0-9]*",
        "/var/lib/VBoxGuestAdditions",
        "/usr/share/VBoxGuestAdditions",
        "/usr/lib*/VBoxGuestAdditions",
        "/usr/lib/*-linux-gnu/VBoxGuestAdditions",
        *_each(("/usr/src/vbox",), ("guest-[0-9]*", "sf-[0-9]*", "video-[0-9]*", "add-[0-9]*", "vfs-[0-9]*")),
        # Of versions that built their modules by dkms, which would go on looking for their sources.
        *_each(("/var/lib/dkms/",), ("vboxguest", "vboxsf", "vboxvideo", "vboxadd", "vboxvfs")),
    ),
    (*_VIRTUALBOX_FILES, *_each(("/usr/bin/", "/usr/sbin/", "/sbin/"), ("VBox*", "vbox-*", "vboxadd-*"))),
    unrecorded=_VIRTUALBOX_FILES,
)


def remove(root: GuestRoot, record: Record, names: Sequence[str], detail: str) -> None:
    """Remove what the record says, and the record last. names: of the services, as of services.turn_off."""
    recorded = record.parse(root.read(record.path) or "")
    trees = root.glob(*record.trees)
    paths = [path for path in recorded if is_theirs(path, record) and not _is_in(path, trees)]
    paths += root.glob(*record.unrecorded)
    # What starts a service, before its script and unit are gone.
    services.take_out(root, names, detail)
    modules: set[str] = set()
    for path in list(dict.fromkeys(paths))[:_MOST]:
        root.remove_all(path, detail)
        found = re.match(r"(?:/usr)?/lib/modules/([^/]+)/", path)
        modules.update(found.groups() if found else ())
    _index(root, sorted(modules), detail)
    # A crash in between leaves the record for the next time: it is in one of these, the last.
    own = posixpath.dirname(record.path)
    for tree in sorted(trees, key=lambda tree: tree == own):
        root.remove_all(tree, detail)


def is_theirs(path: str, record: Record) -> bool:
    """Whether a path of a record is one that these tools may have: as it is written, without detours."""
    if posixpath.normpath(path) != path or not path.isprintable():
        return False
    # A pattern's `*` stands for no slash here, as the shell has it.
    parts = path.split("/")
    patterns = (pattern.split("/") for pattern in record.files)
    return any(len(each) == len(parts) and all(map(fnmatch.fnmatchcase, parts, each)) for each in patterns)


def _is_in(path: str, trees: Iterable[str]) -> bool:
    return any(path == tree or path.startswith(f"{tree}/") for tree in trees)


def _index(root: GuestRoot, versions: Iterable[str], detail: str) -> None:
    """Have modules.dep of these kernels name what is there. Where depmod cannot, the modules are only named in vain."""
    for version in versions:
        if root.is_file("/sbin/depmod"):
            try:
                root.run(["depmod", "-a", version], detail, seconds=_SECONDS_FOR_DEPMOD)
            except CommandFailed:
                continue
