# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parsers of the network's configuration, piece by piece. Its kinds of files are also in test_network_properties.py."""

from __future__ import annotations

from functools import partial

from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network import (
    automatic,
    drivers,
    elsewhere,
    systemd_files,
    values,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards import (
    assembly,
    nics,
    patterns,
    traces,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.macs import HARDWARE
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.nics import Nic, Setting
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.cards.statics import Static
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.formats import (
    cloud_init,
    ifcfg_suse,
    interfaces,
    kernel_arguments,
    keyfile_connections,
    netplan,
    static_ifcfg,
    static_interfaces,
    static_netplan,
    static_sections,
    static_subnets,
    unmanaged,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.network.names import (
    in_initrd,
    link_files,
    mentioned,
    udev_rules,
)
from ansible_collections.virttools.guestconv.plugins.module_utils.aspects.plan import Plan
from ansible_collections.virttools.guestconv.plugins.module_utils.texts import (
    assignments,
    sections,
    stanzas,
    xml_text,
    yaml_text,
)
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils import hostile_texts
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.guest.fake_root import FakeRoot, menu
from ansible_collections.virttools.guestconv.tests.unit.plugins.module_utils.parsers.parser import (
    ABSENT,
    NEW_MAC,
    Parser,
    each,
    of_file,
)

MAC = "00:50:56:aa:bb:cc"
UUID = "1a2b3c4d-0001-0002-0003-aabbccddeeff"
HERE, AWAY = Nic("eth0", "eth0", MAC, HARDWARE), Nic("absent", "absent", ABSENT, HARDWARE)
STATIC = Static(("10.1.2.3/24", "10.1.2.4/24", "2001:db8::5/64"), ("10.1.2.1", "fe80::1"), ("10.1.2.53",))
MALFORMED = ("network-configuration-malformed",)

ASSIGNMENTS = ("A=", "B='b'", "export ", "$'\\x41'", '"\\$"', "\\\n", "A=1;A=2", "IP=eth0:dhcp", "DEVICE=eth0", "#")
INTERFACES = (
    "auto eth0",
    "iface eth0 inet static",
    "iface eth0 inet6 static",
    " address 10.0.0.1/8",
    " netmask ",
    "mapping eth*",
    " map a eth0",
    "source /etc/network/interfaces",
    "source-directory /",
    "rename mac/" + MAC,
    "inherits",
    "template",
    " bond-slaves eth0 eth1",
    " vlan-raw-device eth0",
    "allow-hotplug /eth*/1",
    "auto eth0=home",
    "eth0:1",
    " bridge_ports all regex eth.* noregex",
    " pre-up ip link add link eth0 name a type vlan; brctl addif a eth0 || ovs-vsctl add-port a eth0",
    " up $IFACE peer name",
    "\\",
)
SYSTEMD = (
    "[Match]",
    "[Link]",
    "[Network]",
    "Name=eth0",
    "MACAddress=" + MAC,
    "Driver=vmxnet3",
    "NamePolicy=",
    "Address=10.0.0.1/8",
    "\\",
    "; a",
    "[",
    "]",
)
RULES = (
    'SUBSYSTEM=="net"',
    'NAME="eth0"',
    'ATTR{address}=="' + MAC + '"',
    'DRIVERS=="vmxnet3"',
    ", ",
    'KERNEL=="eth*"',
    'KERNELS=="0000:0b:00.0"',
    "\\",
    'ENV{ID_PATH}=="a"',
    "==",
    "{",
    '"',
)
LEASES = (
    'default-duid "\\000\\001\\000\\001\\036\\001\\001\\001\\000PV\\252\\273\\314";',
    "lease {",
    'interface "eth0";',
    'option dhcp-client-identifier "\\001\\000PV\\252\\273\\314";',
    "option dhcp-client-identifier 1:0:50:56:aa:bb:cc;",
    "}",
    "CLIENTID=01005056aabbcc",
    "<client-id>ff:00:00:00:00:00:03:00:01:00:50:56:aa:bb:cc</client-id>",
    "\\777",
    "\\",
)
LOGS = (
    f"e1000 0000:02:01.0 eth0: (PCI:66MHz:32-bit) {MAC}",
    "e1000 0000:02:01.0 ens33: renamed from eth0",
    f"Listening on LPF/eth0/{MAC}",
    f"| eth0 | True | 10.0.0.1 | 255.0.0.0 | . | {MAC} |",
    "MESSAGE=",
)
YAML = (
    "network:",
    " ethernets:",
    "  eth0: {dhcp4: true}",
    "a: ",
    "- ",
    "[a, b]",
    "{a: b}",
    "&a ",
    "*a",
    "? ",
    "|",
    ">",
    "!!",
    "%YAML 1.1",
    "---",
    "...",
    "<<: *a",
    '"\\x',
    "'",
    "#",
)
NETPLAN = "network:\n  ethernets:\n    eth0:\n      addresses: [10.0.0.1/24]\n      gateway4: 10.0.0.2\n"
XML = (
    "<interface>",
    "</interface>",
    "<name>eth0</name>",
    "<a b='c'/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?xml version='1.0'?>",
    "<!DOCTYPE a>",
    "&amp;",
    "&#0;",
    "&a;",
    "<ipv4:static>",
    "</ipv4:static>",
    "</guestconv>",
    "<a b='>'>",
    "<?a",
    "?>",
)
ADDRESSES = (
    "10.0.0.1",
    "/24",
    "255.255.255.0",
    "fe80::1",
    "%eth0",
    "::",
    MAC,
    MAC.upper().replace(":", "-"),
    "no",
    "eth0.5",
)


def _netplan_with_drivers(text):
    compose = partial(netplan.composed, path="/etc/netplan/a.yaml")
    return drivers.with_drivers(text, compose, ("network", "ethernets", "eth0", "match", "driver"), {"virtio_net"})


def _cloud_init_with_drivers(text):
    compose = partial(cloud_init.composed, path="/etc/cloud/cloud.cfg.d/a.cfg")
    return drivers.with_drivers(text, compose, ("network", "config", 0, "params", "driver"), {"virtio_net"})


def _ifcfg_with_drivers(text):
    return drivers.with_ifcfg_drivers(text, {"virtio_net"})


def _netplan_with_dhcp(text):
    return netplan.with_dhcp(text, "/etc/netplan/a.yaml", ("network",), [HERE])


def _static(text):
    """All that writes static addresses."""
    return [
        static_interfaces.with_static(text, {"eth0": static_interfaces.Chosen(STATIC)}, True),
        static_interfaces.with_name_servers(text, STATIC.name_servers),
        static_sections.with_static_network(text, STATIC, True),
        static_sections.with_static_connection(text, STATIC),
        static_ifcfg.with_static(text, STATIC, True),
        static_ifcfg.without_default(text),
        ifcfg_suse.with_static(text, STATIC),
        elsewhere.lines_with(text, ["10.0.0.1"]),
    ]


def _static_yaml(text):
    def compose(changed):
        return yaml_text.compose(changed, "/a.yaml")

    root = compose(text)
    if root is not None:
        yaml_text.opening(text, root)
    return [
        yaml_text.with_items(text, root, ["a"]),
        static_netplan.with_static(text, compose, ("network", "ethernets", "eth0"), STATIC, True),
        static_netplan.with_statics(
            text, compose, ("network", "ethernets"), [static_netplan.Wanted("eth0", STATIC, True)]
        ),
        static_subnets.with_static(text, compose, ("network",), 0, STATIC),
    ]


def _yaml_without(text):
    root = yaml_text.compose(text, "/a.yaml")
    paths = [(key,) for key in yaml_text.children(root)][:1]
    edited = yaml_text.without(text, root, paths)
    yaml_text.plain(root)
    if getattr(root, "value", None) and yaml_text.keys(root):
        yaml_text.with_entry(text, root, "a: b")
        yaml_text.with_scalars(text, [(node, "a") for _key, node in yaml_text.keys(root)])
    return edited


def _xml_without(text):
    document = xml_text.parse(text, "/a.xml")
    elements = [element for element in document.walk() if element is not document]
    for edit in (
        xml_text.without,
        lambda element: xml_text.with_text(element, str.upper),
        lambda element: xml_text.with_start_tag(element, str),
        lambda element: xml_text.before(element, "a"),
    ):
        xml_text.edited(text, map(edit, elements))


def _initramfs_tools(text):
    paths = ("/etc/initramfs-tools/initramfs.conf", "/etc/dracut.conf")
    root = FakeRoot(dict.fromkeys(paths, text), boot_menu=menu(""))
    in_initrd.uses_network(root)
    plan = Plan(root.guest.target, None)
    in_initrd.edit_configuration(root, plan, lambda argument: argument, {})
    for planned in plan.initrd.edits:
        planned.edit(text)


def _arguments(text):
    words = text.split()
    root = FakeRoot(boot_menu=menu(" ".join(words)))
    assembly.nics_of(kernel_arguments.read(root))
    kernel_arguments.macs(words)
    kernel_arguments.use_network(words)
    kernel_arguments.need_network(words)
    return [kernel_arguments.edited(word, ["eth1"], ["eth0"], {MAC: NEW_MAC}, {"eth0": "enp1s0"}) for word in words]


def _each_argument(**change):
    """Edits the arguments in a text one by one."""
    return lambda text: " ".join(kernel_arguments.edited(word, **change) or "" for word in text.split(" "))


def _traces(text):
    names = (
        "/var/lib/dhcp/dhclient.eth0.leases",
        "/var/log/syslog",
        "/var/log/journal/a/system.journal",
        "/var/lib/wicked/lease-eth0-dhcp-ipv4.xml",
        "/var/lib/wicked/lease-eth0-dhcp-ipv6.xml",
        "/var/lib/NetworkManager/internal-01234567-0123-0123-0123-0123456789ab-eth0.lease",
    )
    root = FakeRoot(dict.fromkeys(names, text))
    traces.from_leases(root)
    traces.from_logs(root, journal=True)


def _last_expiry(text):
    return traces.last_expiry(text, "eth0")


def _values(text):
    for function in (
        values.normal_mac,
        values.address,
        values.gateway,
        values.host,
        values.class_prefix,
        values.says_no,
        values.is_main_table,
        nics.is_software,
        nics.mac_in,
        nics.natural,
        mentioned.names_in,
        elsewhere.without_comments,
        elsewhere.without_xml_comments,
    ):
        function(text)
    for found in (*values.with_prefix(text), *values.with_prefix("10.0.0.1", text), *values.with_prefix(text, "64")):
        values.network(found)
    nics.unique_identifier(text, {text})
    patterns.matches("eth0", [text])
    patterns.name_for([text], {text})
    profiles = patterns.Profiles()
    for order, condition in enumerate((text, f"{text} *")):
        profiles.add(Setting("/a", "networkd", None, patterns=(condition,), profile=f"/{order}", order=str(order)))
    profiles.fitting(text)
    profiles.left(())


def _unmanaged(text):
    for specs in (*unmanaged.lists_of([text]), text.split(";")):
        unmanaged.fits(specs, "eth0", MAC)


def _excepted(text):
    automatic.Automatic([automatic.excepted_by([text])]).configures(Nic("nic0", None, MAC))


def _keyfile(text):
    connection = keyfile_connections.Connection("/etc/NetworkManager/system-connections/a", text)
    for key in ("eth0", MAC):
        keyfile_connections.for_one(connection, key, "nic0")


def _links(text):
    link = link_files.parse("/etc/systemd/network/a.link", text)
    link_files.claim_on(HERE, link_files.Links([link]), "virtio_net")
    link_files.macs([link])
    for suffix in (".link", ".network"):
        for file in systemd_files.files(FakeRoot({f"/etc/systemd/network/a{suffix}": text}), suffix):
            file.words("Name")
            file.conditions("Name")
            file.sections("Match")


def _every_entry(continued):
    return lambda text: sections.edited(text, sections.parse(text, continued), str)


def _commented_entries(continued):
    return lambda text: sections.commented_out(text, sections.parse(text, continued))


PARSERS = (
    Parser(
        "files of assignments",
        ASSIGNMENTS,
        assignments.values,
        unedited=(
            lambda text: assignments.edited(text, {found.name for found in assignments.parse(text)}, str),
            lambda text: assignments.commented_out(text, lambda name: False),
        ),
        edits=(
            lambda text: assignments.with_value(text, "A", "b"),
            lambda text: assignments.commented_out(text, lambda name: name in ("A", "B")),
        ),
        found=("IP=eth0:dhcp\\\nA=1;A=2",),
    ),
    Parser(
        "interfaces",
        INTERFACES,
        each(stanzas.parse, of_file("/etc/network/interfaces", interfaces.read)),
        unedited=(
            lambda text: interfaces.without(text, {"absent"}),
            lambda text: static_interfaces.with_dhcp(text, {"absent"}),
        ),
        edits=(
            lambda text: interfaces.without(text, {"eth0"}),
            lambda text: static_interfaces.with_dhcp(text, {"eth0"}),
        ),
        # A line that goes on, and has no word.
        found=("\\\n\r\n",),
    ),
    Parser(
        "sections",
        SYSTEMD,
        unedited=(_every_entry(True), _every_entry(False)),
        edits=(_commented_entries(True), _commented_entries(False)),
    ),
    Parser(
        "files of systemd",
        SYSTEMD,
        _links,
        unedited=(
            lambda text: link_files.with_new_macs(text, {ABSENT: NEW_MAC}),
            lambda text: link_files.with_new_names(text, {"absent": "a"}),
        ),
        edits=(
            lambda text: link_files.with_new_macs(text, {MAC: NEW_MAC}),
            lambda text: link_files.with_new_names(text, {"eth0": "enp1s0"}),
        ),
    ),
    Parser(
        "udev's rules",
        RULES,
        each(
            udev_rules.names_given,
            lambda text: udev_rules.macs({"/a": text}),
            lambda text: udev_rules.names_it(udev_rules.by_name([text]).get(HERE.name, ()), HERE, True),
        ),
        unedited=(
            lambda text: udev_rules.widened(text, [AWAY], True),
            lambda text: udev_rules.without(text, ["absent"]),
            lambda text: udev_rules.with_new_macs(text, {ABSENT: NEW_MAC}),
            lambda text: udev_rules.with_new_names(text, {"absent": "a"}),
        ),
        edits=(
            lambda text: udev_rules.widened(text, [HERE], True),
            lambda text: udev_rules.without(text, ["eth0"]),
            lambda text: udev_rules.widened(text, [HERE], False),
            lambda text: udev_rules.with_new_macs(text, {MAC: NEW_MAC}),
            lambda text: udev_rules.with_new_names(text, {"eth0": "enp1s0"}),
        ),
    ),
    Parser(
        "the network on the kernel's command line",
        (
            "ip=",
            "ip=eth0:dhcp",
            "ip=10.0.0.1::10.0.0.2:255.0.0.0:a:eth0:none",
            "ifname=eth0:" + MAC,
            "BOOTIF=01-",
            "bond=bond0:eth0,eth1",
            "vlan=eth0.5:eth0",
            "[fec0::1]",
            "::",
            "bootdev=",
        ),
        _arguments,
        unedited=(_each_argument(gone=["absent"], dynamic=["absent"], macs={ABSENT: NEW_MAC}, names={"absent": "a"}),),
        edits=(
            _each_argument(dynamic=["eth0"]),
            _each_argument(macs={MAC: NEW_MAC}),
            _each_argument(names={"eth0": "enp1s0"}),
        ),
    ),
    Parser(
        "the network in initramfs-tools and dracut",
        (*ASSIGNMENTS, 'kernel_cmdline+=" ip=eth0:dhcp "', "BOOT=nfs"),
        _initramfs_tools,
    ),
    Parser(
        "connections of NetworkManager's",
        (
            "[connection]",
            "autoconnect-priority=5",
            "interface-name=e*",
            "[match]",
            "[ethernet]",
            "mac-address=0;80;86;1;2;3;",
        ),
        _keyfile,
        unedited=(lambda text: keyfile_connections.with_mac_replaced(text, {ABSENT: NEW_MAC}),),
    ),
    Parser(
        "cards that NetworkManager leaves alone",
        (
            "[keyfile]",
            "unmanaged-devices=interface-name:eth*;except:interface-name:=eth0",
            "unmanaged-devices+=mac:" + MAC,
            "[device-a]",
            "match-device=type:ethernet,*",
            "managed=0",
        ),
        _unmanaged,
    ),
    Parser(
        "cards that NetworkManager makes up no connection for",
        ("[main]", "no-auto-default=*", f"no-auto-default+=eth0;{MAC}, mac:{MAC}", "[device]", "no-auto-default=eth1"),
        _excepted,
    ),
    Parser(
        "times of NetworkManager's connections",
        (
            "[timestamps]",
            f"{UUID}=1764500000",
            f"{UUID[:-1]}0=1764499999",
            f"{UUID}=",
            f"{UUID}=-7",
            f"{UUID}=99999999999999999999",
        ),
        each(lambda text: traces.last_active(traces.timestamps(text))),
    ),
    Parser("leases and logs", (*LEASES, *LOGS), each(_traces, traces.dhclient_lease, _last_expiry)),
    Parser("YAML", YAML, _yaml_without, codes=MALFORMED, inputs=hostile_texts.texts(*YAML), sample=NETPLAN),
    Parser(
        "netplan with DHCP",
        YAML,
        _netplan_with_dhcp,
        codes=MALFORMED,
        edits=(_netplan_with_dhcp,),
        inputs=hostile_texts.texts(*YAML),
        sample=NETPLAN,
    ),
    Parser(
        "netplan for cards of a driver",
        (
            "network:\n  ethernets:\n    eth0:\n      match: {driver: hv_netvsc}\n",
            "network: {ethernets: {eth0: {match: {driver: [e1000, vmx*]}}}}\n",
        ),
        _netplan_with_drivers,
        codes=MALFORMED,
        edits=(_netplan_with_drivers,),
        inputs=hostile_texts.texts(*YAML),
        sample=NETPLAN,
    ),
    Parser(
        "drivers in cloud-init's configuration",
        (
            "network:\n  config:\n  - params: {driver: hv_netvsc}\n",
            "network: {config: [{params: {driver: 'vmxnet3'}}]}\n",
        ),
        _cloud_init_with_drivers,
        codes=MALFORMED,
        edits=(_cloud_init_with_drivers,),
        inputs=hostile_texts.texts(*YAML),
        sample="network:\n  config:\n  - params: {driver: hv_netvsc}\n",
    ),
    Parser(
        "drivers in ifcfg files",
        (
            *ASSIGNMENTS,
            "MATCH_DRIVER=vmxnet3\n",
            "MATCH_DRIVER='e1000 vmx*'\n",
            'MATCH_DRIVER="|a !b"\n',
            "MATCH_DRIVER=",
        ),
        _ifcfg_with_drivers,
        edits=(_ifcfg_with_drivers,),
        sample="MATCH_DRIVER=vmxnet3\n",
    ),
    Parser(
        "static addresses",
        (
            *INTERFACES,
            *SYSTEMD,
            *ASSIGNMENTS,
            "default via 10.0.0.1",
            "ADDRESS0=0.0.0.0",
            "nameserver 10.0.0.1",
            "method=",
        ),
        _static,
        unedited=(
            lambda text: static_interfaces.with_static(text, {"absent": static_interfaces.Chosen(STATIC)}, True),
        ),
    ),
    Parser(
        "static addresses in YAML",
        (
            *YAML,
            " config:",
            "  - type: physical",
            "    subnets: [{type: static, address: 10.0.0.1/8}]",
            "routes: [{via: a}]",
        ),
        _static_yaml,
        codes=MALFORMED,
        sample=NETPLAN,
    ),
    Parser("XML of wicked", XML, _xml_without, codes=MALFORMED, unedited=(lambda text: xml_text.edited(text, []),)),
    Parser(
        "addresses",
        ADDRESSES,
        _values,
        inputs=hostile_texts.texts(*ADDRESSES),
        sample="10.0.0.1/24",
        unedited=(
            lambda text: values.with_macs_replaced(text, {ABSENT: NEW_MAC}),
            lambda text: values.with_names_replaced(text, {"absent": "a"}),
            lambda text: values.with_names_replaced_in_words(text, {"absent": "a"}),
        ),
        edits=(
            lambda text: values.with_macs_replaced(text, {MAC: NEW_MAC}),
            lambda text: values.with_names_replaced_in_words(text, {"eth0": "enp1s0"}),
            lambda text: values.with_names_replaced(text, {"eth0": "enp1s0"}),
        ),
    ),
)
