# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud-init that is pinned to the cloud that the guest comes from is a concern."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.tools import cloud_init
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu

LAST = "/etc/cloud/cloud.cfg.d/99.cfg"


def concern(files, arguments="", target="kvm"):
    root = FakeRoot({"/usr/bin/cloud-init": "", **files}, boot_menu=menu(arguments), target=target)
    return cloud_init.concern(root)


@pytest.mark.parametrize(
    "files, arguments, place",
    [
        ({LAST: "datasource_list: [ Azure ]\n"}, "", LAST),
        ({LAST: "datasource_list:\n  - 'Ec2'\n  - GCE # both\n"}, "", LAST),
        ({LAST: "#\ndatasource_list: [\n  Azure,\n  Ec2 ]\n"}, "", LAST),
        ({"/etc/cloud/cloud.cfg": "datasource_list: [NoCloud]", LAST: "datasource_list: [Oracle]"}, "", LAST),
        ({"/etc/cloud/ds-identify.cfg": "policy: enabled\ndatasource: GCE\n"}, "", "/etc/cloud/ds-identify.cfg"),
        ({}, "quiet ds=azure", "ds=azure"),
        ({LAST: "datasource_list: [NoCloud]\n"}, "ci.ds=Ec2", "ci.ds=Ec2"),
    ],
)
def test_a_data_source_that_the_target_lacks_is_a_concern(files, arguments, place):
    found = concern(files, arguments)
    assert (found.code, found.severity) == ("cloud-init-datasource-pinned", "warning") and place in found.message


@pytest.mark.parametrize(
    "files, arguments",
    [
        ({}, ""),
        ({LAST: "datasource_list: [ Azure, None ]\n"}, ""),
        ({"/etc/cloud/cloud.cfg": "datasource_list: [Azure]\n", LAST: "datasource_list: [ConfigDrive]\n"}, ""),
        ({LAST: "# datasource_list: [ Azure ]\n"}, ""),
        ({LAST: "datasource: {Azure: {apply_network_config: true}}\n"}, ""),
        ({LAST: "datasource_list: []\n"}, ""),
        ({}, "ds=nocloud-net;s=http://10.0.0.1/"),
        ({LAST: "datasource_list: [ Azure ]\n", "/etc/cloud/cloud-init.disabled": ""}, ""),
    ],
)
def test_any_other_is_none(files, arguments):
    assert concern(files, arguments) is None


def test_a_guest_without_cloud_init_is_not_concerned():
    assert cloud_init.concern(FakeRoot({LAST: "datasource_list: [Azure]\n"})) is None


@pytest.mark.parametrize(
    "sources, target",
    (("VMware, OVF", "vmware"), ("Azure", "azure"), ("Ec2", "ec2"), ("GCE", "gcp")),
)
def test_the_data_source_of_a_target_is_there(sources, target):
    files = {LAST: f"datasource_list: [{sources}]\n"}
    assert concern(files).code == "cloud-init-datasource-pinned"
    assert concern(files, target=target) is None
