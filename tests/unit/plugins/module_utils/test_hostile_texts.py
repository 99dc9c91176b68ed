# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that a guest may have been given to keep the host busy: each is dealt with in one go.

No time is asserted. Code that goes over such a text once takes at most a second; code that does so from each place in
it, or keeps every combination of its parts, would take many minutes, years, or all memory, and the test not end.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects import graphics
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.command_line import CommandLine
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.boot.loaders.grub2 import (
    custom,
    debconf,
    defaults,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.console import inittab
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards import patterns
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import (
    interfaces,
    kernel_arguments,
    networkd,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.names import udev_rules
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.storage import lvm
from ansible_collections.virttools.guestconv.plugins.module_utils.guest import device_names
from ansible_collections.virttools.guestconv.plugins.module_utils.packages import dpkg
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.dependencies import judged, only_needed_by
from ansible_collections.virttools.guestconv.plugins.module_utils.packages.manager import Package
from ansible_collections.virttools.guestconv.plugins.module_utils.sources.kinds import vmx
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import assignments, shell_words
from ansible_collections.virttools.guestconv.plugins.module_utils.verify.console import Console
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.aspects.boot.loaders.grub2.script import (
    guest_files,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.storage.storage_nodes import (
    filesystem,
)

MEGABYTE = 1_000_000
BLANKS = " " * MEGABYTE
EMPTY_LINES = "\n" * MEGABYTE + "x\n"
COMMENT = "#" * 200 + "\n"

GETTY = "1:2:respawn:getty ttyS0\n"
DEVICES = 'Section "Device"\n' * 100_000
KEYS_WITHOUT_VALUE = ("a" * 16_000 + "\n") * 200 + 'NAME="eth0"\n'
UNCLOSED_KEYS = ("a{" * 8_000 + "\n") * 100 + 'NAME="eth0"\n'
LONG_RULE = 'DRIVERS=="x", ' * 200_000 + 'NAME="eth0"\n'
NIC = Nic("eth0", "eth0", "52:54:00:12:34:56")
INSTALLED = "Package: a\nStatus: install ok installed\n"
NETWORK = "[Network]\n{}Address=10.0.0.2/24\n"
ALIASES = "".join(f" eth0:{number}" for number in range(100_000))
ROUTES = "[Route]\nGateway=10.0.0.1\n"
ARGUMENTS = f"GRUB_CMDLINE_LINUX='{'a ' * MEGABYTE}'\n"
GRUB_LINUX = "linux /a root=/dev/sda1\n"
TAKEN_UP = "GRUB_CMDLINE_LINUX_DEFAULT=$GRUB_CMDLINE_LINUX\n" * 100_000
GRUB_PC = f"Name: grub-pc/install_devices\nTemplate: grub-pc/install_devices\nValue: a{BLANKS}b\n"


def edited_by_grub(text):
    return guest_files.edited_script(text, lambda word: word.replace("/dev/sda1", "UUID=a"))


def default_of_grub(text):
    return guest_files.reading(text).menu.default


def command_line(text, present=()):
    return CommandLine().edited(text, present)


def from_console(data):
    """The text of the console, which is kept in bounds, and looked at again and again."""
    fed = Console()
    fed.feed(data)
    return {fed.text() for _look in range(50)}


def with_dhcp(text):
    """The text of a .network file whose NIC is to use DHCP."""
    path = "/etc/systemd/network/10.network"
    root = FakeRoot({path: text})
    networkd.use_dhcp(root, [Nic("eth0", "eth0", configured_by=((path, networkd.KIND),))])
    return root.files[path]


def uses_lvms_devices_file(configuration):
    files = {"/etc/lvm/lvm.conf": configuration + 'filter = "r|.*|"\n', "/etc/lvm/devices/system.devices": ""}
    member = filesystem("/dev/sda1", "LVM2_member", "a")
    return not lvm.rejections(FakeRoot(files, filesystems=[member]), {"sda": "/dev/vda"})


@pytest.mark.parametrize(
    "work, text, result",
    (
        pytest.param(
            edited_by_grub,
            f"{EMPTY_LINES[-20_000:]}{GRUB_LINUX}",
            f"{EMPTY_LINES[-20_000:]}{GRUB_LINUX.replace('/dev/sda1', 'UUID=a')}",
            id="grub.cfg, edited",
        ),
        pytest.param(default_of_grub, f"{EMPTY_LINES[-200_000:]}set default=1\n", "1", id="grub.cfg, default"),
        pytest.param(default_of_grub, f"set default={BLANKS}a{BLANKS}b\n", "", id="grub.cfg, blanks"),
        pytest.param(default_of_grub, "menuentry a {\n" * MEGABYTE, None, id="grub.cfg, blocks without an end"),
        pytest.param(default_of_grub, "set default=1\nb='" + "c" * MEGABYTE, "1", id="grub.cfg, quotes without an end"),
        pytest.param(
            default_of_grub, "set a=b$a$a$a\n" * 100 + "set default=1\n", None, id="grub.cfg, a value that multiplies"
        ),
        pytest.param(default_of_grub, "set default=1\n" + "b\r" * MEGABYTE, "1", id="grub.cfg, carriage returns"),
        pytest.param(default_of_grub, "set default=1\n" + "$default " * MEGABYTE, "1", id="grub.cfg, variables"),
        pytest.param(
            lambda text: custom.edited(text, command_line, command_line),
            f"exec tail -n +3 $0\n{GRUB_LINUX}" + "cat <<EOF\n" * 100_000,
            f"exec tail -n +3 $0\n{GRUB_LINUX}" + "cat <<EOF\n" * 100_000,
            id="grub.d, here-documents without an end",
        ),
        pytest.param(shell_words.split, "a" * 8 * MEGABYTE, ["a" * 16 * 1024], id="grub.cfg, one word"),
        pytest.param(
            lambda text: defaults.edited([text], lambda line, _present: line),
            ARGUMENTS + TAKEN_UP,
            [ARGUMENTS + TAKEN_UP],
            id="default/grub, settings that take up others",
        ),
        pytest.param(lambda text: debconf.edit_devices(text, {}), GRUB_PC, GRUB_PC, id="debconf, blanks"),
        pytest.param(udev_rules.names_given, KEYS_WITHOUT_VALUE, ["eth0"], id="udev, keys without a value"),
        pytest.param(udev_rules.names_given, UNCLOSED_KEYS, ["eth0"], id="udev, unclosed keys"),
        pytest.param(
            lambda text: udev_rules.widened(text, [NIC], True), LONG_RULE, LONG_RULE, id="udev, more than it takes"
        ),
        pytest.param(
            kernel_arguments.edited, "ip=" + ":[" * MEGABYTE, "ip=" + ":[" * MEGABYTE, id="ip=, unclosed brackets"
        ),
        pytest.param(kernel_arguments.edited, "ip=" + ":" * MEGABYTE, "ip=" + ":" * MEGABYTE, id="ip=, empty fields"),
        pytest.param(command_line, f"a{BLANKS}", f"a{BLANKS}", id="command line, blanks at its end"),
        pytest.param(graphics.drivers_named, DEVICES, [], id="xorg.conf, sections without an end"),
        pytest.param(lambda text: graphics.without_foreign_drivers(text, ()), DEVICES, DEVICES, id="xorg.conf, edited"),
        pytest.param(
            lambda text: inittab.edit_inittab(text, "hvc0"),
            "1:2:respawn:" + "getty" * 200_000,
            "1:2:respawn:" + "getty" * 200_000,
            id="inittab, a line of gettys",
        ),
        pytest.param(
            lambda text: inittab.edit_inittab(text, "hvc0"),
            GETTY * 100_000 + GETTY.replace("ttyS0", "hvc0"),
            f"#{GETTY}" * 100_000 + GETTY.replace("ttyS0", "hvc0"),
            id="inittab, lines of gettys",
        ),
        pytest.param(
            lambda text: interfaces.without(text, {"eth0"}),
            f"auto eth0{BLANKS}eth1",
            f"auto{BLANKS}eth1",
            id="interfaces, blanks",
        ),
        pytest.param(
            lambda text: interfaces.without(text, {"eth0"}),
            "auto eth1" + ALIASES,
            "auto eth1",
            id="interfaces, aliases",
        ),
        pytest.param(
            lambda text: interfaces.parse(text)[0].head.words,
            "auto eth0 " + "\\\n" * 3 * MEGABYTE,
            ["auto", "eth0"],
            id="interfaces, continuation lines",
        ),
        pytest.param(assignments.values, r"A=" + r"\x" * MEGABYTE, {"A": "x" * 4096}, id="assignments, escapes"),
        pytest.param(
            lambda text: assignments.edited(text, ("A",), lambda _old: "b"),
            f"A=\n{COMMENT}" * 50_000,
            f"A=b\n{COMMENT}" * 50_000,
            id="assignments, edited",
        ),
        pytest.param(
            lambda text: assignments.commented_out(text, lambda name: name == "A"),
            f"A=1;A=2\n{COMMENT}" * 50_000,
            f"#A=1;A=2\n{COMMENT}" * 50_000,
            id="assignments, made comments",
        ),
        pytest.param(
            with_dhcp,
            NETWORK.format("") + ROUTES * 20_000,
            NETWORK.format("DHCP=yes\n#") + ROUTES.replace("G", "#G") * 20_000,
            id="networkd, routes",
        ),
        pytest.param(lvm.filters, "filter = [ " + "#" * 200, [], id="lvm.conf, a comment without an end"),
        pytest.param(
            lvm.filters, "filter = [ " + f"#{',' * 200}\n" * 200, [], id="lvm.conf, a list of comments without an end"
        ),
        pytest.param(uses_lvms_devices_file, EMPTY_LINES, True, id="lvm.conf, empty lines"),
        pytest.param(
            lambda name: device_names.partition_on_only_disk(name, ()),
            "/dev/disk/by-id/" + "a" * MEGABYTE,
            None,
            id="fstab, a link",
        ),
        pytest.param(
            device_names.logical_volume,
            "/dev/mapper/" + "a-" * MEGABYTE + "\n",
            "/dev/" + "a-" * (MEGABYTE - 1) + "a/\n",
            id="fstab, a volume",
        ),
        pytest.param(
            lambda text: dpkg.forget(text, []),
            "a" * MEGABYTE,
            "a" * MEGABYTE,
            id="apt's states, a line without an end",
        ),
        pytest.param(
            lambda text: dpkg.parse_status(text)[0].name,
            f"{INSTALLED}Description:" + f"\n {'a' * 20}" * 500_000,
            "a",
            id="dpkg's status, a long description",
        ),
        pytest.param(
            vmx.parse, f'{EMPTY_LINES}.encoding = "UTF-8"\n'.encode(), {".encoding": "UTF-8"}, id="VMX, empty lines"
        ),
        pytest.param(
            lambda pattern: patterns.matches("eth0", ["eth*", pattern]), "[" * MEGABYTE, True, id="a pattern that fits"
        ),
        pytest.param(
            lambda pattern: patterns.matches("eth0", [pattern]), "[" * MEGABYTE, False, id="a pattern, brackets"
        ),
        pytest.param(
            lambda text: [setting.name for setting in interfaces.read(FakeRoot({interfaces._FILE: text}))],
            f"auto eth0\nmapping {'[' * MEGABYTE}\niface eth0 inet dhcp\n",
            ["eth0"],
            id="interfaces, a mapping's pattern",
        ),
        pytest.param(from_console, b"\r" * MEGABYTE, {"\n"}, id="the console, carriage returns"),
    ),
)
def test_a_hostile_text_is_dealt_with_in_one_go(work, text, result):
    # Not within the assertion: pytest would take longer to tell two such texts apart.
    is_right = work(text) == result
    assert is_right


def test_submenus_within_each_other_end():
    text = "submenu a --id b --id=c {\n" * 30 + "menuentry d {\nlinux /vmlinuz e\n}\n" + "}\n" * 30
    positions = [item.position for item in guest_files.reading(text).menu.walk()]
    assert positions == [">".join("0" * count) for count in range(1, 10)]


def test_links_to_more_partitions_than_a_disk_has_are_not_compared_with_each_other():
    links = {f"/dev/disk/by-id/ata-a-part{number}" for number in range(50_000)}
    assert {device_names.partition_on_only_disk(link, links) for link in links} == {None}


def test_files_that_include_each_other_in_a_long_row_are_all_read():
    count = 3000
    files = {f"/etc/network/{number}": f"source {number + 1}\nauto eth{number % 2}\n" for number in range(count)}
    root = FakeRoot({interfaces._FILE: "source 0\n", **files})
    root.glob = lambda pattern: [pattern] if pattern in root.files else []
    interfaces.unconfigure(root, [Nic("eth0", "eth0")])
    assert [text.endswith("\n#auto eth0\n") for text in list(root.files.values())[1:]] == [True, False] * (count // 2)


def test_a_chain_of_packages_is_followed_once():
    count = 60_000
    chain = [
        Package(
            f"p{number:05}",
            "1",
            "amd64",
            number > 0,
            (frozenset((f"p{number + 1:05}",)),),
            names=frozenset((f"p{number:05}",)),
        )
        for number in range(count)
    ]
    assert only_needed_by(chain[:1], chain) == chain[1:]
    user = Package("user", "1", "amd64", False, (frozenset(("p00001",)),), names=frozenset(("user",)))
    assert only_needed_by(chain[:1], [*chain, user]) == []
    # Each is needed by the one before it, and the first by one that stays.
    result = judged(chain, [*chain, replace(user, depends=(frozenset(("p00000",)),))])
    assert result.going == () and len(result.staying) == count
    assert result.staying[1] == (chain[1], "p00000 cannot do without it")


def test_a_name_that_all_packages_have_and_others_need_is_looked_up_once():
    count = 20_000
    own = [Package(f"own{number}", "1", "amd64", names=frozenset((f"own{number}", "all"))) for number in range(count)]
    needs = (frozenset(("all",)),)
    users = [Package(f"user{number}", "1", "amd64", depends=needs) for number in range(count)]
    result = judged(own, [*own, *users])
    assert result.going == () and len(result.staying) == count
    assert result.staying[0][1].startswith("user0, user1, ") and "user9 and others cannot" in result.staying[0][1]
