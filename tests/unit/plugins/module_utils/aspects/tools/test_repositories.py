# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories of VMware's tools go with them, and no others."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.tools import repositories
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot

OSP = "[vmware-tools]\nbaseurl=http://packages.vmware.com/tools/esx/5.5/rhel6/x86_64\ngpgcheck=1\n"


@pytest.mark.parametrize(
    "path, text",
    [
        ("/etc/yum.repos.d/vmware-tools.repo", OSP),
        ("/etc/zypp/repos.d/vmware-tools-collection.repo", OSP),
        (
            "/etc/apt/sources.list.d/vmware-tools.list",
            "deb http://packages.vmware.com/tools/esx/5.0/ubuntu lucid main\n",
        ),
    ],
)
def test_repositories_of_the_tools_go(path, text):
    root = FakeRoot({path: text})
    repositories.remove(root)
    assert root.files == {}


@pytest.mark.parametrize(
    "path, text",
    [
        ("/etc/yum.repos.d/vmware-mirror.repo", OSP + "[mine]\nbaseurl=https://mirror.example/el6\n"),
        ("/etc/yum.repos.d/vmware-photon.repo", "baseurl=https://packages.vmware.com/photon/4.0/\n"),
        ("/etc/yum.repos.d/base.repo", OSP),
        ("/etc/yum.repos.d/vmware-empty.repo", "# baseurl=http://packages.vmware.com/tools/\n"),
        ("/etc/yum.repos.d/vmware-x.repo", "baseurl=http://packages.vmware.com.example/tools/\n"),
    ],
)
def test_other_repositories_stay(path, text):
    root = FakeRoot({path: text})
    repositories.remove(root)
    assert root.files == {path: text}
