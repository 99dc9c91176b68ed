# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian 12 from VMware whose own policy is enforced: converted, and booted with the policy enforced.

It announces on its console what the policy denied. The same is known of the guest as it came.
"""

from __future__ import annotations

import base64
import datetime
import gzip
import re
import shutil

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.disks.images import disks_from_option
from ansible_collections.virttools.guestconv.tests.any_call import Appliance
from tests import support_page
from tests.end_to_end import boots
from tests.guests.selinux import VARIANT
from tests.guests.selinux_variant import disk

pytestmark = [pytest.mark.matrix, pytest.mark.xdist_group("selinux")]

# The machine that it comes from, as far as its disk goes: the card is in another slot, and has no address.
SOURCE = {
    "firmware": "bios",
    "machine": "q35",
    "disks": [{"device": "sda", "driver": "ahci", "boot_order": 1}],
    "interfaces": [],
    "console": {"driver": "isa-serial"},
}
SSH = {"port": 22, "banner": "SSH-"}
SECONDS = 3000
# All labels, and a line for each path: the output of one call is bounded.
LABELS = (
    'cd "$root" && { getfattr -R -P -h --absolute-names -n security.selinux . 2>/dev/null; echo; '
    'find . -xdev -printf "# file: %p\\n"; } | gzip -9 | base64'
)
# These are other filesystems in a guest that runs.
NOT_ON_DISK = ("/proc/", "/sys/", "/dev/")


@pytest.fixture(scope="module")
def source(scratch):
    made = disk()
    path = scratch / "selinux.qcow2"
    shutil.copyfile(made["path"], path)
    return {**made, "path": str(path)}


@pytest.fixture(scope="module")
def converted(module, source):
    result = module("guestconv_convert", disks=[source])
    assert not result.get("failed"), result
    return result


@pytest.fixture(scope="module")
def labels(source, converted):
    """(Labels as it came, labels after conversion, what the policy has for those that are new), each {path: label}."""
    with Appliance(disks_from_option([disk(), source]), read_only=True) as appliance:
        found = [_labels(appliance, index) for index in (0, 1)]
        before, after = found
        new = [path for path in after if before.get(path) != after[path]]
        wanted = appliance.command(["matchpathcon", "-N", "-n", *new]).splitlines() if new else []
    return before, after, dict(zip(new, wanted))


def _labels(appliance, index):
    """{path: label} of all files of a disk's first partition, "" for none; that partition is mounted afterwards."""
    appliance.umount_all()
    appliance.mount_options("ro", f"{appliance.device(index)}1", "/")
    text = gzip.decompress(base64.b64decode(appliance.shell(LABELS))).decode("utf-8", "replace")
    found = {}
    path = ""
    for line in text.splitlines():
        if line.startswith("# file: ."):
            path = line[len("# file: .") :] or "/"
            found.setdefault(path, "")
        elif line.startswith("security.selinux="):
            found[path] = line.partition("=")[2].strip('"').removesuffix("\\000")
    return {path: label for path, label in found.items() if not path.startswith(NOT_ON_DISK)}


def booted(module, source, hardware, **expect):
    """The lines that the guest announces on its console, before its login prompt."""
    hardware = {**hardware, "video": None}
    result = module(
        "guestconv_verify", disks=[source], hardware=hardware, expect={"login": True, **expect}, timeout=SECONDS
    )
    assert result.get("up") is True, result
    lines = [line for line in result["console"] if line.startswith("announce ")]
    assert lines[-1] == "announce end", lines
    return [line.partition(" ")[2] for line in lines]


def denied(lines):
    """What was denied: (permissions, source, target, class), less what differs with each boot."""
    found = set()
    for line in lines:
        permissions = re.search(r"\{(.*?)\}", line)
        words = dict(re.findall(r"\b(scontext|tcontext|tclass)=(\S+)", line))
        if line.startswith("denied ") and permissions and len(words) == 3:
            found.add((permissions[1].strip(), words["scontext"], words["tcontext"], words["tclass"]))
    return found


def test_oracle_18_nothing_lost_its_label_and_what_is_new_has_the_one_of_the_policy(labels, converted):
    before, after, wanted = labels
    changed = {change["path"] for change in converted["changes"]}
    assert {"/etc/fstab", "dpkg"} <= changed
    assert [path for path, label in after.items() if not label and before.get(path) != ""] == []
    # What dpkg and ldconfig replaced, and what conversion has made.
    assert {path for path in after if path not in before} & {path for path in changed if path.endswith(".link")}
    assert after["/etc/ld.so.cache"] == before["/etc/ld.so.cache"] and after["/var/lib/dpkg/status"]
    assert {path: after[path] for path in wanted} == wanted
    assert "/.autorelabel" not in after


@pytest.fixture(scope="module")
def before(module):
    """What the guest announces as it came, on the machine that it comes from."""
    return booted(module, disk(), SOURCE)


def test_before_conversion_it_enforces_its_policy(before):
    assert "mode Enforcing" in before and [line for line in before if line.startswith("unlabelled ")] == []


def test_oracle_14_18_it_boots_enforcing_and_nothing_is_denied_that_was_not_before(module, source, converted, before):
    lines = booted(module, source, converted["hardware"], **SSH)
    assert "mode Enforcing" in lines
    assert [line for line in lines if line.startswith("unlabelled ")] == []
    assert denied(lines) - denied(before) == set()
    (root,) = converted["guest"]["roots"].values()
    row = {
        "variant": VARIANT,
        "guest": "Debian 12, SELinux enforcing",
        "loader": "GRUB 2",
        "menu": "grub.cfg",
        "firmware": "BIOS",
        "layout": "MBR",
        "kernel": root["kernels"][0]["version"],
        "devices": ", ".join(boots.devices({**converted["hardware"], "video": None, "console": None})),
        "result": support_page.BOOTED,
        "date": datetime.date.today().isoformat(),
    }
    boots.record_support(row)
