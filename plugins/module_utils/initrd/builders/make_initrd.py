# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make-initrd (ALT). Its configuration is pieces of a Makefile; there is one for each image of a kernel.

Source: make-initrd 2.50, mk/config.mk.in, features/add-modules, Documentation/Configuration.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .builder import WHY, Door, always_loads, no_names, same_devices, same_network, same_place

NAME = "make-initrd"
PROGRAMS = ("/usr/sbin/make-initrd", "/sbin/make-initrd")
KEEPS_OLD = False
# The services of its init.
EVIDENCE = ("etc/rc.d/init.d/uevent", "etc/rc.d/init.d/poll")
IMAGES = ()
_MAIN = "/etc/initrd.mk"
CONFIGURATION = (_MAIN, "/etc/initrd.mk.d/*.mk")
COPIES = r"etc/initrd/.+"
NETWORK_PROGRAMS = ()

_MODULES = re.compile(r"(?m)^[ \t]*MODULES_(?:TRY_)?ADD[ \t]*[+:?]?=(?P<names>[^#\n]*)")

# udev runs in it.
loads_added = always_loads
places = same_place
devices = no_names
with_devices = same_devices
network_arguments = no_names
with_network = same_network
copy_with_network = same_network


def include(root: Door, modules: Sequence[str], files: Sequence[str]) -> None:
    """Add the modules and files for every image."""
    texts = root.texts(CONFIGURATION)
    for path, text in texts.items() if texts else [(_MAIN, "AUTODETECT = all\n")]:
        root.write(path, with_added(text, modules, files), WHY)


def with_added(text: str, modules: Sequence[str], files: Sequence[str] = ()) -> str:
    """text of an initrd.mk with lines for the modules and files that it does not name."""
    there = {word.replace("-", "_") for found in _MODULES.finditer(text) for word in found["names"].split()}
    missing = [name for name in modules if name not in there]
    absent = [path for path in files if f"PUT_FILES += {path}\n" not in text]
    if not missing and not absent:
        return text
    # A line whose end a backslash takes away would swallow the next.
    end = "" if not text else "\n" if not text.endswith("\n") or re.search(r"\\\n\Z", text) else ""
    lines = [f"FEATURES += add-modules\nMODULES_TRY_ADD += {' '.join(missing)}\n"] if missing else []
    return text + end + "".join([*lines, *(f"PUT_FILES += {path}\n" for path in absent)])


def command(initrd: str, version: str) -> list[str]:
    """The command that makes the initrds of the version anew."""
    return ["make-initrd", "-k", version]
