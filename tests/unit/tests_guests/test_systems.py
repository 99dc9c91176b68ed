# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of tests/guests/systems.py, without building anything."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.devices.targets import TARGETS
from tests.end_to_end.test_systems import DEVICES
from tests.guests import systems

OF_PACKAGES = [name for name, system in systems.SYSTEMS.items() if system.image is None]


@pytest.mark.parametrize("devices", DEVICES)
def test_the_target_has_the_devices_of_a_set(devices):
    target, block, network, _disk_name = DEVICES[devices]
    assert TARGETS[target].model("block", block) and TARGETS[target].model("network", network)


@pytest.mark.parametrize("name", systems.SYSTEMS)
def test_a_guest_is_booted_on_sets_that_there_are_and_loses_only_tools_that_it_has(name):
    system = systems.SYSTEMS[name]
    assert system.devices and set(system.devices) <= set(DEVICES)
    assert set(system.removed) <= set(system.tools)


@pytest.mark.parametrize("name", OF_PACKAGES)
def test_no_part_of_a_guest_has_a_file_of_another(name):
    system = systems.SYSTEMS[name]
    paths = [path for part in system.parts for path in part.files]
    assert len(paths) == len(set(paths))
    assert set(systems.recipe(name).files) >= set(paths)


@pytest.mark.parametrize("name", OF_PACKAGES)
def test_a_guest_is_configured_for_vmwares_disks_alone(name):
    files = systems.recipe(name).files
    configured = [
        text for path, text in files.items() if path.startswith(("/etc/initramfs-tools/", "/etc/dracut.conf.d/"))
    ]
    assert any("vmw_pvscsi" in text for text in configured)
    assert [text for text in configured if "virtio_" in text] == []
