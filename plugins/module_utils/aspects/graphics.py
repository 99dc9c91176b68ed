# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The display: what Xorg's configuration says of it.

The kernel needs no configuration: it finds the driver of whatever display there is. vga=, video= and nomodeset on its
command line are somebody's wish, and stay.

Xorg's files are edited as text. The Augeas lens for them refuses what Xorg takes (OutputClass sections, which
xorg.conf.d is full of; keywords in other cases), and that must not keep a guest from being converted.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ..guest.root import GuestRoot
from ..model.description import Findings
from .plan import Plan

NAME = "graphics"
INSPECT_AFTER = ()
CONVERT_AFTER = ("hypervisor_tools",)

# Xorg's drivers that drive the display of one hypervisor only, and the kernel module that goes with the same display.
# Its other drivers (modesetting, fbdev, vesa) are general, and whoever chose one had a reason.
_XORG_DRIVERS = {
    "vmware": "vmwgfx",
    "vboxvideo": "vboxvideo",
    # Parallels'; it needs no module.
    "prlvideo": "prlvideo",
    "qxl": "qxl",
    "cirrus": "cirrus",
}

_XORG_FILES = ("/etc/X11/xorg.conf", "/etc/X11/xorg.conf.d/*.conf")
_BEGIN_OF_DEVICE = re.compile(r'(?im)^[ \t]*Section[ \t]+"Device"')
_END_OF_SECTION = re.compile(r"(?im)^[ \t]*EndSection")
_DRIVER_LINE = re.compile(r'(?im)^[ \t]*Driver[ \t]+"([^"\n]*)"[^\n]*\n')
_BUS_LINE = re.compile(r'(?im)^[ \t]*BusID[ \t]+"[^"\n]*"[^\n]*\n')


def inspect(root: GuestRoot) -> Findings:
    """The display, with the driver that Xorg is told to use; most guests leave that to Xorg."""
    named = {path: drivers_named(root.read(path) or "") for path in _xorg_files(root)}
    files = [path for path, drivers in named.items() if drivers]
    facts = {
        "driver": named[files[0]][0] if files else None,
        "configured_by": [{"file": path, "kind": "xorg"} for path in files],
    }
    return Findings(devices={"graphics": {"video0": facts}})


def convert(root: GuestRoot, plan: Plan) -> None:
    """Have Xorg find the driver by itself where it is told to use one that the target's display does not work with."""
    model = plan.model("graphics", "video0")
    for path in _xorg_files(root):
        text = root.read(path)
        if text is not None:
            edited = without_foreign_drivers(text, model.modules if model else ())
            root.write(path, edited, "Xorg looks for the display's driver by itself")


def drivers_named(text: str) -> list[str]:
    """The drivers that the Device sections of an xorg.conf (text) name."""
    return [driver for start, end in _device_sections(text) for driver in _DRIVER_LINE.findall(text[start:end])]


def without_foreign_drivers(text: str, modules: Collection[str]) -> str:
    """text of an xorg.conf, whose Device sections name no driver of a display other than the one that needs modules.

    In its place nothing is named: Xorg then tries the driver for the display's PCI ID, modesetting, fbdev and vesa, in
    turn (autoConfigDevice in hw/xfree86/common/xf86AutoConfig.c, since 2008). So it works on every display, and on the
    next one; modesetting alone, which needs a kernel driver, would not do for a plain VGA.
    """

    def edited(section: str) -> str:
        drivers = [driver.lower() for driver in _DRIVER_LINE.findall(section)]
        if not any(driver in _XORG_DRIVERS and _XORG_DRIVERS[driver] not in modules for driver in drivers):
            return section
        # The BusID is the slot of the display that is gone.
        return _BUS_LINE.sub("", _DRIVER_LINE.sub("", section))

    parts: list[str] = []
    position = 0
    for start, end in _device_sections(text):
        parts += [text[position:start], edited(text[start:end])]
        position = end
    return "".join([*parts, text[position:]])


def _device_sections(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each Device section that has an end.

    Not one pattern for all of a section: in a text without an end that would be looked for from each beginning anew.
    """
    begin = _BEGIN_OF_DEVICE.search(text)
    while begin:
        end = _END_OF_SECTION.search(text, begin.end())
        if end is None:
            return
        yield begin.start(), end.end()
        begin = _BEGIN_OF_DEVICE.search(text, end.end())


def _xorg_files(root: GuestRoot) -> list[str]:
    return root.glob(*_XORG_FILES)
