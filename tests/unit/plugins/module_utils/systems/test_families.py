# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of a system's family, and of systems that are images. The text guests family-*.txt go the whole way."""

from __future__ import annotations

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.guest.storage import image_based
from ansible_collections.virttools.guestconv.plugins.module_utils.systems import families, linux
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
    graph,
)

RELEASE = {"/etc/os-release": "ID=homegrown\nID_LIKE=none\n"}


def codes(files, **info):
    root = FakeRoot({**RELEASE, **files}, info={"package_management": None, **info})
    return [(each.code, each.severity) for each in linux.concerns(root)]


def test_a_system_without_a_known_database_of_packages_is_named_once():
    assert codes({}, package_format=None) == [("family-unknown", "warning")]
    assert codes({}, package_format="deb") == []


def test_a_system_that_is_made_of_a_configuration_is_refused():
    assert codes({"/nix/store/a/b": "x"}, package_format=None) == [("system-image-based", "error")]
    # A package manager that is used next to the system's own.
    assert codes({"/nix/store/a/b": "x"}, package_format="deb") == []


def test_an_overlay_over_etc_would_hide_what_is_edited():
    overlay = {"/etc/fstab": "overlay /etc overlay defaults,lowerdir=/sysroot/etc 0 0\n"}
    assert codes(overlay, package_format="rpm") == [("system-image-based", "error")]
    assert codes({"/etc/fstab": "overlay /srv overlay defaults 0 0\n"}, package_format="rpm") == []


@pytest.mark.parametrize(
    "path, found",
    (
        ("/lib/apk/db/installed", "apk"),
        ("/usr/lib/apk/db/installed", "apk"),
        ("/var/lib/pacman/local/a/desc", "pacman"),
        ("/var/db/pkg/a/b/CONTENTS", "ebuild"),
        ("/usr/lib/sysimage/rpm/Packages.db", "rpm"),
    ),
)
def test_the_format_of_packages_is_that_of_the_database(path, found):
    root = FakeRoot({**RELEASE, path: ""})
    assert linux.facts(root)["package_format"] == found
    assert found in {meaning for _path, meaning in families.PACKAGE_FORMATS}


def test_an_empty_database_is_not_that_of_the_system_where_there_is_another():
    files = {**RELEASE, "/var/lib/dpkg/status": "", "/var/lib/rpm/rpmdb.sqlite": "x"}
    assert linux.facts(FakeRoot(files))["package_format"] == "rpm"
    assert linux.facts(FakeRoot({**files, "/var/lib/dpkg/status": "Package: a\n"}))["package_format"] == "deb"
    assert linux.facts(FakeRoot({**RELEASE, "/var/lib/dpkg/status": ""}))["package_format"] == "deb"


def test_all_of_the_labels_of_an_image_based_system_must_be_there():
    def storage(*labels):
        nodes = [filesystem(f"/dev/sda{number}", "ext4", label=label) for number, label in enumerate(labels, 1)]
        return graph(nodes, ["sda"])

    assert image_based.by_partitions(storage("META", "STATE", "EPHEMERAL")) == "Talos Linux"
    assert image_based.by_partitions(storage("STATE", "root")) is None
