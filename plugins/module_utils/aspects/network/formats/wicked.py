# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""wicked's own XML: /etc/wicked/ifconfig/*.xml (wicked(8), and its schema/*.xml for the elements).

SUSE's tools write ifcfg files instead, which go before the XML of the same interface (client/read-config.c). Policies
and templates, which hold for whatever matches them, are not read.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Callable

from ....guest.root import GuestRoot
from ....texts import xml_text
from ....texts.unread import Unread
from ....texts.xml_text import Edit, Element
from .. import bounds, values
from ..cards.nics import INTERFACE, Nic, Setting, labels
from ..cards.statics import Static
from . import netconfig

KIND = "wicked"
_DIRECTORY = "/etc/wicked/ifconfig"
_IFCFG = "/etc/sysconfig/network"
# wicked-config(5): the daemons' settings, some of them for a <device name="eth0">.
_DAEMONS = "/etc/wicked/*.xml"

# What an interface is made of stands in the element that says what it is.
_ON_ONE = ("vlan", "macvlan", "macvtap", "ipvlan", "ipvtap", "vxlan")
_OF_PORTS = ("bond", "team", "bridge", "ovs-bridge")
_OTHER_SOFTWARE = ("dummy", "tun", "tap", "gre", "ipip", "sit", "ppp")
_OTHER_HARDWARE = ("wireless", "infiniband", "infiniband:child", "openvpn", "modem")
# Elements that give the interface a MAC address.
_ADDRESSED = ("ethernet", "bond", "bridge", "team", "vlan", "macvlan")
_STATIC = {"ipv4:static": "ipv4:dhcp", "ipv6:static": "ipv6:auto"}
_DYNAMIC = {"ipv4:dhcp": "dhcp", "ipv6:dhcp": "dhcp", "ipv6:auto": "auto"}
# Elements whose text is the name of an interface; <primary> says that of a bond, but "true" of its port.
_NAMING = ("device", "primary", "iif", "oif")
_EVERYWHERE = ("", "default", "0.0.0.0/0", "::/0")


def read(root: GuestRoot) -> list[Setting]:
    """What the interfaces of the files say: a list of Settings."""
    interfaces = [(path, each) for path, _text, document in _documents(root) for each in document.all("interface")]
    aliases = {each.value("alias"): each.value("name") for _path, each in interfaces}
    hidden = set(root.list(_IFCFG)) if interfaces else set()
    servers = netconfig.name_servers(root) if interfaces else ()
    found: list[Setting] = []
    for path, interface in interfaces:
        name, mac = _key(interface)
        if (name or mac) and f"ifcfg-{name}" not in hidden:
            found += [replace(each, name_servers=servers) for each in _settings(path, interface, name, aliases)]
    return found


def unconfigure(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Make comments of these Nics, of VLANs on them, and of their places in bonds and bridges."""
    names = {nic.name for nic in nics if nic.name}
    macs = {nic.hardware_mac for nic in nics if nic.hardware_mac}

    def edits(document: Element) -> Iterator[Edit]:
        for interface in document.all("interface"):
            name, mac = _key(interface)
            if name in names or mac in macs or names.intersection(_lower(interface, {})) and not _ports(interface):
                yield xml_text.without(interface)
            for port in _ports(interface):
                if port.value("device") in names:
                    yield xml_text.without(port)

    _edit(root, edits, f"{labels(nics)} is not on the target; its configuration was commented out")


def replace_macs(root: GuestRoot, macs: Mapping[str, str]) -> None:
    """Make interfaces that are known by a MAC address known by another: {old: new}."""

    def edits(document: Element) -> Iterator[Edit]:
        given = [each for tag in _ADDRESSED for each in document.all("interface", tag, "address")]
        for address in (*document.all("interface", "name", "permanent-address"), *given):
            yield xml_text.with_text(address, lambda value: values.with_macs_replaced(value, macs))

    _edit(root, edits, "the network card has another MAC address on the target")


def rename(root: GuestRoot, names: Mapping[str, str]) -> None:
    """Call NICs by their new names: {old: new}; in the settings of the daemons too."""
    detail = "the network card has another name on the target"

    def edits(document: Element) -> Iterator[Edit]:
        for interface in document.all("interface"):
            named = [each for each in interface.walk() if each.tag in _NAMING]
            for element in (*interface.all("name"), *named):
                if element.text.strip() in names and "namespace" not in element.attributes:
                    yield xml_text.with_text(element, lambda value: values.with_names_replaced(value, names))

    def edits_of_daemons(document: Element) -> Iterator[Edit]:
        for device in document.walk():
            if device.tag == "device" and device.attributes.get("name") in names:
                yield xml_text.with_start_tag(device, lambda tag: values.with_names_replaced(tag, names))

    _edit(root, edits, detail)
    for path in root.glob(_DAEMONS):
        text = root.read(path) or ""
        try:
            document = xml_text.parse(text, path)
        except Unread:
            # wicked cannot read it either, and it configures no NIC.
            continue
        root.write(path, xml_text.edited(text, edits_of_daemons(document)), detail)


def use_dhcp(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Let these Nics get their addresses by DHCP (IPv6's by router advertisements)."""
    keys = {nic.name or nic.hardware_mac for nic in nics}

    def edits(document: Element) -> Iterator[Edit]:
        for interface in document.all("interface"):
            if next(filter(None, _key(interface)), "") in keys:
                for tag, dynamic in _STATIC.items():
                    for static in interface.all(tag):
                        yield from _dynamic(interface, static, dynamic)

    _edit(root, edits, f"{labels(nics)} gets its address by DHCP on the target")


def use_static(root: GuestRoot, statics: Mapping[Nic, Static]) -> None:
    """Give these Nics their addresses, with the gateways and name servers, in the place of what they have."""
    own = {nic: each for nic, each in statics.items() if any(kind == KIND for _path, kind in nic.configured_by)}
    detail = f"{labels(own)} has another address on the target"
    by_key = {key: each for nic, each in own.items() for key in (nic.name, nic.hardware_mac) if key}

    def edits(document: Element) -> Iterator[Edit]:
        for interface in document.all("interface"):
            static = by_key.get(next(filter(None, _key(interface)), ""))
            for version in (4, 6):
                if static:
                    yield from _static(interface, version, static)

    if own:
        _edit(root, edits, detail)
    for static in own.values():
        netconfig.use_name_servers(root, static, detail)


def _static(interface: Element, version: int, static: Static) -> Iterator[Edit]:
    """The edits that give the interface the addresses of a family."""
    there = interface.all(f"ipv{version}:static")
    stays = None
    for element in there:
        gone = _of_static(element)
        if len(gone) == len(element.children):
            yield xml_text.without(element)
        else:
            stays = element
            for each in gone:
                yield xml_text.without(each)
    if not static.of(version):
        return
    for dynamic in interface.all(f"ipv{version}:dhcp"):
        yield xml_text.without(dynamic)
    parts = [f"<address><local>{address}</local></address>" for address in static.of(version)]
    gateway = static.gateway(version)
    if gateway:
        parts.append(f"<route><nexthop><gateway>{gateway}</gateway></nexthop></route>")
    if stays:
        for part in parts:
            yield xml_text.before(stays.children[0], part)
    else:
        inner = "\n  ".join(parts)
        new = f"<ipv{version}:static>\n  {inner}\n</ipv{version}:static>"
        yield xml_text.before(next(iter(there), interface.children[-1]), new)


def _of_static(static: Element) -> list[Element]:
    """The addresses in it, and its default routes."""
    return [each for each in static.children if each.tag == "address" or (each.tag == "route" and _is_default(each))]


def not_read(root: GuestRoot) -> list[str]:
    """The files with policies or templates."""
    return [
        path
        for path, _text, document in _documents(root)
        if any(element.tag != "interface" for element in document.children)
    ]


def malformed(root: GuestRoot) -> list[Unread]:
    """The errors of the files that cannot be read; wicked reads the others."""
    found: list[Unread] = []
    for path, text in _texts(root).items():
        try:
            xml_text.parse(text, path)
        except Unread as error:
            found.append(error)
    return found


def _documents(root: GuestRoot) -> list[tuple[str, str, Element]]:
    """(path, text, xml_text.Element around all) of each file that can be read."""
    found: list[tuple[str, str, Element]] = []
    for path, text in _texts(root).items():
        with suppress(Unread):
            found.append((path, text, xml_text.parse(text, path)))
    return found


def _texts(root: GuestRoot) -> dict[str, str]:
    paths = [posixpath.join(_DIRECTORY, name) for name in root.list(_DIRECTORY) if name.endswith(".xml")]
    texts = {path: root.read(path) for path in bounds.to_read(root, paths)}
    return {path: text for path, text in texts.items() if text is not None}


def _edit(root: GuestRoot, edits: Callable[[Element], Iterable[Edit]], detail: str) -> None:
    for path, text, document in _documents(root):
        root.write(path, xml_text.edited(text, edits(document)), detail)


def _key(interface: Element) -> tuple[str | None, str | None]:
    """(name, MAC address) by which the guest knows it; one of them, or none, is there."""
    for name in interface.all("name")[:1]:
        namespace = name.attributes.get("namespace")
        if namespace == "ethernet":
            return None, values.normal_mac(name.value("permanent-address"))
        if not namespace and INTERFACE.fullmatch(name.text.strip()):
            return name.text.strip(), None
    return None, None


def _ports(interface: Element) -> list[Element]:
    """The elements that name a port each, of a bond, team or bridge."""
    kinds = [each for each in interface.children if each.tag in _OF_PORTS]
    lists = [each for kind in kinds for each in kind.children if each.tag in ("slaves", "ports")]
    return [port for each in lists for port in each.children]


def _lower(interface: Element, aliases: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the interfaces that it is made of. aliases: {alias: name}."""
    on_one = [each for each in interface.children if each.tag in _ON_ONE]
    devices = [device for each in (*on_one, *_ports(interface)) for device in each.all("device")]
    names = [
        aliases.get(each.text.strip(), "") if each.attributes.get("namespace") == "alias" else each.text.strip()
        for each in devices
    ]
    return tuple(name for name in names if INTERFACE.fullmatch(name))


def _settings(path: str, interface: Element, name: str | None, aliases: Mapping[str, str]) -> Iterator[Setting]:
    tags = {each.tag for each in interface.children}
    if tags.intersection(_OTHER_HARDWARE):
        return
    mac = _key(interface)[1]
    addresses = tuple(dict.fromkeys(_addresses(interface)))
    gateways = [route.value("nexthop", "gateway") for route in _routes(interface) if _is_default(route)]
    yield Setting(
        path,
        KIND,
        name,
        virtual=bool(tags.intersection((*_ON_ONE, *_OF_PORTS, *_OTHER_SOFTWARE))),
        lower=_lower(interface, aliases),
        tagged="vlan" in tags,
        method=_method(interface, addresses),
        addresses=addresses,
        gateways=values.gateways(gateways),
        mac=values.normal_mac(interface.value("ethernet", "address")),
        hardware="ethernet" in tags,
        dynamic=_method(interface, ()) is not None,
        dhcp=tuple(version for version in (4, 6) if f"ipv{version}:dhcp" in _dynamic_on(interface)),
        hardware_mac=mac,
        at_boot=interface.value("control", "mode").lower() not in ("manual", "off"),
    )
    # Newer versions have a port name its bond, team or bridge.
    upper = interface.value("link", "master")
    port = name or mac
    if port and INTERFACE.fullmatch(upper):
        yield Setting(path, KIND, upper, virtual=True, lower=(port,))


def _addresses(interface: Element) -> Iterator[str]:
    for tag in _STATIC:
        for address in interface.all(tag, "address"):
            text = address.value("local")
            yield from values.with_prefix(text, "64" if ":" in text else values.class_prefix(text))


def _routes(interface: Element) -> list[Element]:
    return [route for tag in _STATIC for route in interface.all(tag, "route")]


def _is_default(route: Element) -> bool:
    return route.value("destination") in _EVERYWHERE and values.is_main_table(route.value("table"))


def _method(interface: Element, addresses: tuple[str, ...]) -> str | None:
    if addresses:
        return "static"
    on = _dynamic_on(interface)
    return next((_DYNAMIC[tag] for tag in _DYNAMIC if tag in on), None)


def _dynamic_on(interface: Element) -> list[str]:
    """Those of _DYNAMIC that are switched on."""
    dynamic = [each for each in interface.children if each.tag in _DYNAMIC]
    return [each.tag for each in dynamic if not values.says_no(each.value("enabled"))]


def _dynamic(interface: Element, static: Element, dynamic: str) -> Iterator[Edit]:
    """The edits that put the element dynamic in the place of what static has of addresses and default routes."""
    gone = _of_static(static)
    if not any(each.tag == "address" for each in gone):
        return
    for each in gone if len(gone) < len(static.children) else [static]:
        yield xml_text.without(each)
    there = interface.all(dynamic)
    for enabled in there[0].all("enabled")[:1] if there else ():
        yield xml_text.with_text(enabled, lambda value: re.sub(r"\S+", "true", value, count=1))
    if not there:
        yield xml_text.before(static, f"<{dynamic}>\n  <enabled>true</enabled>\n</{dynamic}>")
