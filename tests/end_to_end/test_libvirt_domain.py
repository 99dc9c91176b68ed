# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A converted guest as a domain of libvirt's: defined, started, and reached over a bridge."""

from __future__ import annotations

import os

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.platforms import libvirt
from tests.end_to_end import libvirt_host

MAC = "00:50:56:aa:bb:cc"


@pytest.mark.skipif(os.geteuid() != 0, reason="it makes a bridge, which needs root")
def test_a_converted_guest_is_started_by_libvirt_and_reached_at_its_static_address(copy_of, module, tmp_path):
    disk = copy_of("debian12-vmware", "libvirt")
    converted = module("guestconv_convert", disks=[str(disk)], hardware={"interfaces": [{"mac": MAC}]})
    assert converted["changed"]
    domain = libvirt.define(
        converted["hardware"],
        "web01",
        converted["disks"],
        network={"bridge": libvirt_host.BRIDGE},
        domain_type="qemu",
    )
    line = libvirt_host.answer(tmp_path, domain, address="10.0.2.2/24", guest="10.0.2.15", port=22, seconds=900)
    assert line.startswith("SSH-2.0-")
