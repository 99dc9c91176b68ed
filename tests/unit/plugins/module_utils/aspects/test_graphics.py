# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The display: what becomes of the drivers that Xorg's configuration names."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import graphics
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from ansible_collections.virttools.guestconv.plugins.module_utils.model.selection import Selection
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

XORG = "/etc/X11/xorg.conf"
SNIPPET = "/etc/X11/xorg.conf.d/20-display.conf"
TEXT = """\
# Made by hand
Section "InputDevice"
\tDriver "vmmouse"
EndSection

Section "Device"
\tIdentifier "Configured Video Device"
\tDriver "{driver}"
\t# The SVGA adapter
\tBusID "PCI:0:15:0"
\tOption "NoAccel" "true"
EndSection
"""
WITHOUT = TEXT.replace('\tDriver "{driver}"\n', "").replace('\tBusID "PCI:0:15:0"\n', "")


def convert(root, driver, target="kvm"):
    """Convert root to the display driver, None for one without."""
    chosen = {"video0": driver} if driver else {}
    plan = Plan(TARGETS[target], Selection({"graphics": chosen}, {"graphics": []}))
    graphics.convert(root, plan)


def test_inspect_tells_the_driver_and_the_files_that_name_one():
    files = {
        XORG: TEXT.format(driver="vmware"),
        SNIPPET: 'Section "Device"\nEndSection\n',
        "/etc/X11/xorg.conf.d/30-mouse.conf": 'Section "InputClass"\n\tDriver "libinput"\nEndSection\n',
    }
    found = graphics.inspect(FakeRoot(files)).devices["graphics"]["video0"]
    assert found == {"driver": "vmware", "configured_by": [{"file": XORG, "kind": "xorg"}]}


def test_guest_that_leaves_the_display_to_xorg_has_a_display_all_the_same():
    found = graphics.inspect(FakeRoot()).devices["graphics"]
    assert found == {"video0": {"driver": None, "configured_by": []}}


@pytest.mark.parametrize("path", (XORG, SNIPPET))
@pytest.mark.parametrize("driver", ("virtio-vga", "VGA", None))
@pytest.mark.parametrize("named", ("vmware", "vboxvideo", "prlvideo"))
def test_driver_and_slot_of_the_old_display_go_and_the_rest_stays(path, driver, named):
    root = FakeRoot({path: TEXT.format(driver=named)})
    convert(root, driver)
    assert root.files[path] == WITHOUT
    changes = len(root.changes())
    convert(root, driver)
    assert len(root.changes()) == changes == 1


@pytest.mark.parametrize(
    "named, target, driver",
    (
        ("qxl", "kvm", "qxl-vga"),
        ("vmware", "vmware", "vmware-svga"),
        ("modesetting", "kvm", "virtio-vga"),
        ("vesa", "kvm", "VGA"),
        ("nvidia", "kvm", "virtio-vga"),
    ),
)
def test_driver_that_suits_the_display_or_is_no_hypervisors_stays(named, target, driver):
    root = FakeRoot({XORG: TEXT.format(driver=named)})
    convert(root, driver, target)
    assert root.changes() == []


def test_keywords_in_any_case_and_sections_unknown_to_augeas_are_understood():
    other = 'Section "OutputClass"\n\tMatchDriver "vmwgfx"\n\tDriver "vmware"\nEndSection\n'
    device = 'SECTION "device"\n  identifier "a"\n{}endsection\n'
    text = other + device.format('  driver "VBoxVideo" # was vesa\n  busid "PCI:0:2:0"\n')
    assert graphics.without_foreign_drivers(text, ("virtio_gpu",)) == other + device.format("")
    assert graphics.drivers_named(text) == ["VBoxVideo"]
