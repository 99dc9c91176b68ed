# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cloud-init's own network configuration, versions 1 and 2.

cloud-init renders it into one of the other formats when it meets a new instance, and gives NICs their names by it at
every boot (apply_network_config_names). Sources in its order: its configuration, then the seed of the NoCloud data
source. What it stored of the instance (network-config.json) says what it last rendered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from ....guest.root import GuestRoot
from ....texts import yaml_text
from ....texts.unread import NoYamlReader, Unread
from ....texts.yaml_text import Path
from .. import bounds, values
from ..cards.nics import INTERFACE, Nic, Setting, labels
from ..cards.statics import Static
from . import netplan, netplan_settings, static_netplan, static_subnets
from .static_netplan import Wanted

if TYPE_CHECKING:
    from yaml.nodes import Node

KIND = "cloud-init"
_CONFIGURATION = ("/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d/*.cfg")
_SEEDS = ("/var/lib/cloud/seed/nocloud/network-config", "/var/lib/cloud/seed/nocloud-net/network-config")
_STORED = "/var/lib/cloud/instance/network-config.json"
# A clone has those of its origin.
_OF_THE_INSTANCE = (*_SEEDS, _STORED)
_OFF = ("/etc/cloud/cloud-init.disabled",)
_PROGRAM = "/usr/bin/cloud-init"

_METHODS = {"static": "static", "static6": "static", "dhcp": "dhcp", "dhcp4": "dhcp", "dhcp6": "dhcp"}
_METHODS.update(
    {"ipv6_dhcpv6-stateful": "dhcp", "ipv6_slaac": "auto", "ipv6_dhcpv6-stateless": "auto", "manual": "manual"}
)
_OF_STATIC = ("address", "netmask", "gateway", "routes")
_PORTS = ("bond_interfaces", "bridge_interfaces")
# What a card has next to the MAC address where cloud-init gives it the name.
_DRIVER, _MODEL = ("params", "driver"), ("params", "device_id")
_NO_MASK = ("", "0", "0.0.0.0", "::")


class _Document(NamedTuple):
    """A file with a network configuration: its text, its root node, and the keys that lead to the network's node."""

    text: str
    root: Node
    keys: Path
    network: Node


def read(root: GuestRoot) -> list[Setting]:
    """What cloud-init's network configuration says: a list of Settings."""
    found: list[Setting] = []
    for path, document in _documents(root).items():
        network = document.network
        if _version(network) == "2":
            settings = netplan_settings.settings_of({path: network}, KIND)
        else:
            settings = _with_routes(network, list(_version_1(path, network)))
        found += [replace(setting, is_record=path in _OF_THE_INSTANCE) for setting in settings]
    return found


def unconfigure(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Make comments of what configures these Nics."""
    detail = f"{labels(nics)} is not on the target; its lines were commented out"
    for path, document in _documents(root).items():
        if _version(document.network) == "2":
            gone = netplan.paths_of({path: document.network}, nics).get(path, [])
        else:
            gone = list(_paths_of_version_1(document.network, {nic.name for nic in nics}))
        paths = [(*document.keys, *each) for each in gone]
        root.write(path, yaml_text.without(document.text, document.root, paths), detail)


def replace_macs(root: GuestRoot, macs: Mapping[str, str]) -> None:
    """Make what knows a NIC by its MAC address know it by another: {old: new}."""
    for path, document in _documents(root).items():
        changes = netplan.mac_changes(document.network, macs)
        for item in _items(document.network):
            node = yaml_text.below(item, "mac_address")
            if node is not None and _word(item, "mac_address"):
                changes.append((node, values.with_macs_replaced(node.value, macs)))
        detail = "the network card has another MAC address on the target"
        root.write(path, yaml_text.with_scalars(document.text, changes), detail)


def rename(root: GuestRoot, names: Mapping[str, str]) -> None:
    """Call NICs by their new names: {old: new}."""
    for path, document in _documents(root).items():
        changes = netplan.name_changes({path: document.network}, names)[path]
        for item in _items(document.network):
            nodes = [yaml_text.below(item, "vlan_link"), yaml_text.below(item, "params", "bond-primary")]
            nodes += [yaml_text.below(item, "name")] if _word(item, "type") == "physical" else []
            nodes += [node for key in _PORTS for node in yaml_text.items(yaml_text.below(item, key))]
            changes += netplan.renamings(nodes, names)
        detail = "the network card has another name on the target"
        root.write(path, yaml_text.with_scalars(document.text, changes), detail)


def use_dhcp(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Let these Nics get their addresses by DHCP."""
    detail = f"{labels(nics)} gets its address by DHCP on the target"
    for path, document in _documents(root).items():
        text = netplan.with_dhcp(document.text, path, document.keys, nics)
        if _version(document.network) == "1":
            static = _static_subnets(document.network, {nic.name for nic in nics})
            types = [node for subnet in static.values() for node in [yaml_text.below(subnet, "type")] if node]
            text = yaml_text.with_scalars(text, [(node, node.value.replace("static", "dhcp")) for node in types])
            gone = [
                (*document.keys, *place, key)
                for place, subnet in static.items()
                for key in _OF_STATIC
                if key in yaml_text.children(subnet)
            ]
            # "dhcp" is shorter than "static": the places of nodes are other ones now.
            text = yaml_text.without(text, yaml_text.compose(text, path), gone)
        root.write(path, text, detail)


def use_static(root: GuestRoot, statics: Mapping[Nic, Static]) -> None:
    """Give these Nics their addresses, with the gateways and name servers, in the place of what they have."""
    for path, document in _documents(root).items():
        compose = partial(yaml_text.compose, path=path)
        if _version(document.network) == "2":
            section = (*document.keys, netplan_settings.HARDWARE)
            text = static_netplan.with_statics(document.text, compose, section, _wanted(root, path, document, statics))
        else:
            text = document.text
            for index, item in enumerate(_items(document.network)):
                for nic, static in statics.items():
                    if _word(item, "type") == "physical" and _word(item, "name") == nic.name:
                        text = static_subnets.with_static(text, compose, document.keys, index, static)
        root.write(path, text, f"{labels(statics)} has another address on the target")


def _wanted(root: GuestRoot, path: str, document: _Document, statics: Mapping[Nic, Static]) -> list[Wanted]:
    """What the definitions of version 2 shall have.

    What is for several cards can be divided where netplan gets it as it is (_render_content() of cloud-init's
    net/netplan.py): the other programs do not know patterns of names.
    """
    networks = {path: document.network}
    wanted = netplan.wanted_of(root, networks, statics, netplan.renderer(root)).get(path, [])
    return wanted if netplan.is_installed(root) else [each for each in wanted if not each.own]


def places_of_drivers(root: GuestRoot, nics: Iterable[Nic]) -> dict[str, dict[Path, list[Nic]]]:
    """{path of a file: {keys that lead to it: Nics}} of the drivers that configuration for these Nics may ask for."""
    found: dict[str, dict[Path, list[Nic]]] = {}
    of_all = list(nics)
    for path, document in _documents(root).items():
        if _version(document.network) == "2":
            section = (*document.keys, netplan_settings.HARDWARE)
            found.update(netplan.drivers_in({path: document.network}, of_all, section))
            continue
        for index, item in enumerate(_items(document.network)):
            named = [nic for nic in of_all if _word(item, "type") == "physical" and _word(item, "name") == nic.name]
            if named:
                found.setdefault(path, {})[(*document.keys, "config", index, *_DRIVER)] = named
    return found


def composed(text: str, path: str) -> Node | None:
    """The root node of text, of the file at path. Raises Unread."""
    return yaml_text.compose(text, path)


def renders(root: GuestRoot) -> str | None:
    """The file from which cloud-init takes a network configuration, "" when it makes one up, None when it makes none.

    For a new instance, that is: the target can be one to it.
    """
    if not root.is_file(_PROGRAM) or any(root.is_file(path) for path in _OFF):
        return None
    for path in reversed(_paths(root)):
        text = root.read(path) or ""
        network = _network(yaml_text.compose(text, path), path)[1] if "network" in text else None
        if network is not None:
            return None if _word(network, "config") == "disabled" else path
    return ""


def malformed(root: GuestRoot) -> list[Unread]:
    """The errors of the files that cannot be read; cloud-init reads the others (load_yaml() of its util.py)."""
    found: list[Unread] = []
    for path in (*_paths(root), *_OF_THE_INSTANCE):
        text = root.read(path)
        if text is None or "version" not in text:
            continue
        try:
            yaml_text.compose(text, path)
        except NoYamlReader:
            continue
        except Unread as error:
            found.append(error)
    return found


def _paths(root: GuestRoot) -> Sequence[str]:
    return bounds.to_read(root, root.glob(*_CONFIGURATION))


def _documents(root: GuestRoot) -> dict[str, _Document]:
    """{path: (root node, keys that lead to the network, its node)} of all files that have one."""
    found: dict[str, _Document] = {}
    for path in (*_paths(root), *_OF_THE_INSTANCE):
        text = root.read(path)
        # Most files have none, and a configuration may be templates that only cloud-init can read.
        if text is None or "version" not in text:
            continue
        try:
            document = yaml_text.compose(text, path)
        except NoYamlReader:
            raise
        except Unread:
            # malformed() reports it; cloud-init goes on without the file.
            continue
        keys, network = _network(document, path)
        if document is not None and network is not None and _version(network) in ("1", "2"):
            found[path] = _Document(text, document, keys, network)
    return found


def _network(document: Node | None, path: str) -> tuple[tuple[str, ...], Node | None]:
    """(keys, node): the network configuration in a document. A seed may be one itself."""
    network = yaml_text.below(document, "network")
    if network is None and path in _OF_THE_INSTANCE:
        return (), document
    return ("network",), network


def _version(network: Node | None) -> str:
    return _word(network, "version")


def _items(network: Node | None) -> list[Node]:
    """The nodes of version 1's list."""
    return yaml_text.items(yaml_text.below(network, "config"))


def _version_1(path: str, network: Node) -> Iterator[Setting]:
    for item in _items(network):
        kind, name = _word(item, "type"), _word(item, "name")
        if not INTERFACE.fullmatch(name):
            continue
        subnets = yaml_text.items(yaml_text.below(item, "subnets"))
        methods = {_METHODS.get(_word(subnet, "type")) for subnet in subnets}
        mac = values.normal_mac(_word(item, "mac_address"))
        routes = [each for subnet in subnets for each in yaml_text.items(yaml_text.below(subnet, "routes"))]
        gateways = [_word(each, "gateway") for each in (*subnets, *filter(_is_default, routes))]
        physical = kind == "physical"
        driver, model = (yaml_text.scalar(yaml_text.below(item, *keys)) for keys in (_DRIVER, _MODEL))
        yield Setting(
            path,
            KIND,
            name,
            virtual=not physical,
            lower=tuple(_ports(item)),
            tagged=kind == "vlan",
            method=next((method for method in ("static", "dhcp", "auto", "manual") if method in methods), None),
            addresses=tuple(
                address
                for subnet in subnets
                for address in values.with_prefix(_word(subnet, "address"), _word(subnet, "netmask"))
            ),
            gateways=values.gateways(gateways),
            name_servers=values.gateways(
                server
                for subnet in subnets
                for server in map(yaml_text.scalar, yaml_text.items(yaml_text.below(subnet, "dns_nameservers")))
            ),
            mac=None if physical else mac,
            hardware_mac=mac if physical else None,
            hardware=physical,
            dynamic="dhcp" in methods or "auto" in methods,
            dhcp=tuple(
                family for subnet in subnets for family in [static_subnets.DHCP.get(_word(subnet, "type"))] if family
            ),
            # Where it asks for the PCI id of a card of the source, it finds none on the target.
            binds=physical and mac is not None and not model,
            source_hardware=tuple(
                f"{key}: {value}" for key, value in (("driver", driver), ("device_id", model)) if physical and value
            ),
            at_boot=not subnets or any(_word(subnet, "control") != "manual" for subnet in subnets),
        )


def _with_routes(network: Node, settings: list[Setting]) -> list[Setting]:
    """settings, with the gateways of default routes that stand by themselves in version 1's list."""
    routes = [item for item in _items(network) if _word(item, "type") == "route" and _is_default(item)]
    for gateway in filter(None, (values.gateway(_word(route, "gateway")) for route in routes)):
        host = values.address(gateway)
        settings = [
            replace(each, gateways=(gateway,))
            if each.gateway is None and host and any(host in values.network(one) for one in each.addresses)
            else each
            for each in settings
        ]
    return settings


def _is_default(route: Node) -> bool:
    """Whether a route of version 1 is for everywhere."""
    host, _slash, prefix = (_word(route, "destination") or _word(route, "network")).partition("/")
    everywhere = values.address(host)
    return bool(everywhere and everywhere.is_unspecified) and (prefix or _word(route, "netmask")) in _NO_MASK


def _static_subnets(network: Node | None, names: Collection[str | None]) -> dict[Path, Node]:
    """{keys that lead to it: node} of the static subnets of version 1's NICs of these names."""
    return {
        ("config", index, "subnets", place): subnet
        for index, item in enumerate(_items(network))
        if _word(item, "type") == "physical" and _word(item, "name") in names
        for place, subnet in yaml_text.children(yaml_text.below(item, "subnets")).items()
        if _word(subnet, "type") in ("static", "static6")
    }


def _ports(item: Node) -> list[str]:
    nodes = [yaml_text.below(item, "vlan_link")]
    nodes += [node for key in _PORTS for node in yaml_text.items(yaml_text.below(item, key))]
    return [name for name in map(yaml_text.scalar, nodes) if INTERFACE.fullmatch(name)]


def _paths_of_version_1(network: Node | None, names: Collection[str | None]) -> Iterator[Path]:
    items = _items(network)
    gone = set(names)
    # A VLAN may be on another.
    while on_them := {_word(each, "name") for each in items if _word(each, "vlan_link") in gone} - gone:
        gone |= on_them
    for index, item in enumerate(items):
        if _word(item, "name") in gone:
            yield ("config", index)
            continue
        for key in _PORTS:
            for place, node in yaml_text.children(yaml_text.below(item, key)).items():
                if yaml_text.scalar(node) in gone:
                    yield ("config", index, key, place)


def _word(node: Node | None, key: str) -> str:
    return yaml_text.scalar(yaml_text.below(node, key))
