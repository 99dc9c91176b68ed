# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""netplan's YAML (netplan(5)), which cloud-init's network configuration version 2 is too.

All files count, in the order of their names; what they say together is read in netplan_settings.py. A file in /etc hides
one of its name in /usr/lib.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Callable

from ....guest.root import GuestRoot
from ....texts import yaml_text
from ....texts.unread import Unread
from ....texts.yaml_text import Change, Path
from .. import bounds, values
from ..cards.nics import Nic, Setting, labels
from ..cards.patterns import fits
from ..cards.statics import Static
from . import netplan_passthrough, netplan_settings, static_netplan
from .keyfile_connections import priority_above
from .netplan_settings import (
    HARDWARE,
    NETWORKD,
    PASSED_ON,
    SOFTWARE,
    Definition,
    condition_of,
    merged_of,
    names_of,
    renderer_of,
    renderers_of,
)
from .static_netplan import Wanted

if TYPE_CHECKING:
    from yaml.nodes import Node

KIND = netplan_settings.KIND
# /run is not read: it is a tmpfs, which does not outlive the guest's shutdown, and hides what a disk has below it.
_DIRECTORIES = ("/etc/netplan", "/usr/lib/netplan", "/lib/netplan")

# What has settings that netplan passes on to NetworkManager.
_NETWORK_MANAGER, _OF_NETWORK_MANAGER = "NetworkManager", "networkmanager"
_LIBRARIES = (
    "/usr/lib/*/libnetplan.so.*",
    "/usr/lib64/libnetplan.so.*",
    "/usr/lib/libnetplan.so.*",
    "/lib/*/libnetplan.so.*",
)
_MOST_LIBRARIES = 10
_PROGRAMS = ("/usr/sbin/netplan", "/sbin/netplan")
_ALL = (HARDWARE, *SOFTWARE, PASSED_ON)
# By what a definition chooses its interfaces, and what it calls them.
_SECTION = ("network", HARDWARE)
_MATCHING = ("match", "set-name")
_DRIVER = ("match", "driver")
_OF_STATIC = ("addresses", "gateway4", "gateway6")
# Where a bond names one of its ports once more.
_PRIMARY = ("parameters", "primary")
# Where a bridge says something of each of its ports, by their names; netplan refuses names that it does not know.
_OF_PORTS = (("parameters", "path-cost"), ("parameters", "port-priority"))
# Reads the text of the file at a path.
_Composer = Callable[[str, str], "Node | None"]


def read(root: GuestRoot) -> list[Setting]:
    """What netplan's files say: a list of Settings."""
    documents = {path: yaml_text.below(document, "network") for path, document in documents_of(root).items()}
    return netplan_settings.settings_of(documents, KIND)


def unconfigure(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Make comments of what configures these Nics, and of VLANs on them; strike them out of bonds and bridges."""
    detail = f"{labels(nics)} is not on the target; its lines were commented out"
    documents = documents_of(root)
    networks = {path: yaml_text.below(document, "network") for path, document in documents.items()}
    for path, keys in paths_of(networks, nics).items():
        gone = [("network", *each) for each in keys]
        root.write(path, yaml_text.without(root.read(path) or "", documents[path], gone), detail)


def replace_macs(root: GuestRoot, macs: Mapping[str, str]) -> None:
    """Make definitions that know their NIC by a MAC address know it by another: {old: new}."""
    for path, document in documents_of(root).items():
        changes = mac_changes(yaml_text.below(document, "network"), macs)
        detail = "the network card has another MAC address on the target"
        root.write(path, yaml_text.with_scalars(root.read(path) or "", changes), detail)


def rename(root: GuestRoot, names: Mapping[str, str]) -> None:
    """Make definitions that are for interfaces by name be for their new names: {old: new}."""
    documents = documents_of(root)
    networks = {path: yaml_text.below(document, "network") for path, document in documents.items()}
    for path, changes in name_changes(networks, names).items():
        detail = "the network card has another name on the target"
        root.write(path, yaml_text.with_scalars(root.read(path) or "", changes), detail)


def use_dhcp(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Let these Nics get their addresses by DHCP."""
    detail = f"{labels(nics)} gets its address by DHCP on the target"
    for path in documents_of(root):
        root.write(path, with_dhcp(root.read(path) or "", path, ("network",), nics, composed), detail)


def use_static(root: GuestRoot, statics: Mapping[Nic, Static]) -> None:
    """Give these Nics their addresses, with the gateways and name servers, in the place of what they have."""
    documents = documents_of(root)
    networks = {path: yaml_text.below(document, "network") for path, document in documents.items()}
    for path, of_file in wanted_of(root, networks, statics).items():
        text = static_netplan.with_statics(root.read(path) or "", partial(composed, path=path), _SECTION, of_file)
        root.write(path, text, f"{labels(statics)} has another address on the target")


def wanted_of(
    root: GuestRoot, networks: Mapping[str, Node | None], statics: Mapping[Nic, Static], renderer: str = NETWORKD
) -> dict[str, list[Wanted]]:
    """{path: what its definitions shall have} for the addresses of these Nics. renderer: where networks do not say it.

    A definition that is for others too stays. One for the Nic goes before it: systemd-networkd applies one alone, and
    NetworkManager that with the higher priority.
    """
    definitions = merged_of(networks)[0][HARDWARE]
    names, renderers = names_of(definitions), {"": renderer, **renderers_of(networks)}
    wanted: dict[str, list[Wanted]] = {}
    for nic, places in definitions_of(networks, statics).items():
        for path, (identifier, is_first) in places.items():
            definition, own = definitions[identifier], None
            is_shared = names[identifier] is None
            if is_shared and nic.hardware_mac:
                own = _own(root, definition, renderer_of(renderers, definition), nic.hardware_mac)
                # It comes before the other: see settings_of.
                identifier = f"{identifier}-{nic.identifier}" if own else identifier
            wanted.setdefault(path, []).append(Wanted(identifier, statics[nic], is_first, own))
            if is_shared:
                break
    return wanted


def _own(root: GuestRoot, definition: Definition, of: str, mac: str) -> str | None:
    """The text of a definition like this one, for the card with this MAC address alone; None where it would not go before it.

    of: what applies it. To NetworkManager it has a higher autoconnect-priority, where the guest's netplan can pass that on.
    """
    own: Definition = {"match": {"macaddress": mac}}
    if of == _NETWORK_MANAGER and _OF_NETWORK_MANAGER not in definition and _passes_on(root):
        own[_OF_NETWORK_MANAGER] = {"passthrough": {"connection.autoconnect-priority": str(priority_above(None))}}
    elif of != NETWORKD:
        return None
    return json.dumps({**own, **{key: value for key, value in definition.items() if key not in _MATCHING}})


def _passes_on(root: GuestRoot) -> bool:
    """Whether the guest's netplan knows `passthrough` (netplan(5): since 0.102); another refuses the file with it."""
    return any(b"passthrough" in (root.read_bytes(path) or b"") for path in root.glob(*_LIBRARIES)[:_MOST_LIBRARIES])


def is_installed(root: GuestRoot) -> bool:
    """Whether the guest has netplan's program."""
    return any(map(root.is_file, _PROGRAMS))


def renderer(root: GuestRoot) -> str:
    """What applies the definitions that do not say it: "networkd", which is netplan's own choice, or "NetworkManager"."""
    try:
        documents = documents_of(root)
    except Unread:
        # read() raises it, too.
        return NETWORKD
    return (
        renderers_of({path: yaml_text.below(each, "network") for path, each in documents.items()}).get("") or NETWORKD
    )


def definitions_of(networks: Mapping[str, Node | None], nics: Iterable[Nic]) -> dict[Nic, dict[str, tuple[str, bool]]]:
    """{Nic: {path: (id of its definition, whether that is the first)}} in networks."""
    definitions = merged_of(networks)[0][HARDWARE]
    names = names_of(definitions)
    by_key: dict[str, dict[str, str]] = {}
    loose: dict[str, list[str]] = {}
    for path, network in networks.items():
        for identifier in yaml_text.entries(yaml_text.below(network, HARDWARE)):
            key = names.get(identifier)
            if key:
                by_key.setdefault(key, {}).setdefault(path, identifier)
            elif identifier in names:
                loose.setdefault(path, []).append(identifier)
    found: dict[Nic, dict[str, tuple[str, bool]]] = {}
    for nic in nics:
        paths = {path for path, _kind in nic.configured_by}
        own = {}
        for path in paths & set(loose):
            fitting = [each for each in loose[path] if not nic.name or fits(nic.name, condition_of(definitions[each]))]
            # systemd-networkd applies the first of several.
            own.update({path: min(fitting)} if fitting else {})
        for key in filter(None, dict.fromkeys((nic.hardware_mac, nic.name))):
            own.update(by_key.get(key, {}))
        in_order = [path for path in networks if path in own]
        found[nic] = {path: (own[path], path == in_order[0]) for path in in_order}
    return found


def places_of_drivers(root: GuestRoot, nics: Iterable[Nic]) -> dict[str, dict[Path, list[Nic]]]:
    """{path of a file: {keys that lead to it: Nics}} of the drivers that definitions for these Nics may ask for."""
    networks = {path: yaml_text.below(document, "network") for path, document in documents_of(root).items()}
    return drivers_in(networks, nics, _SECTION)


def drivers_in(
    networks: Mapping[str, Node | None], nics: Iterable[Nic], section: Path
) -> dict[str, dict[Path, list[Nic]]]:
    """The same in networks. section: the keys that lead to the definitions."""
    found: dict[str, dict[Path, list[Nic]]] = {}
    for nic, places in definitions_of(networks, nics).items():
        for path, (identifier, _is_first) in places.items():
            found.setdefault(path, {}).setdefault((*section, identifier, *_DRIVER), []).append(nic)
    return found


def composed(text: str, path: str) -> Node | None:
    """The root node of text, of the file at path. Raises Unread."""
    return yaml_text.compose(text, path, folded=True)


def name_changes(networks: Mapping[str, Node | None], names: Mapping[str, str]) -> dict[str, list[Change]]:
    """{path: [(node, new text)]} for all places in networks where NICs stand by their names."""
    merged, _files = merged_of(networks)
    # Where there is a `match`, the definition's own name means nothing.
    renamed = {old: new for old, new in names.items() if "match" not in merged[HARDWARE].get(old, {})}
    found: dict[str, list[Change]] = {path: [] for path in networks}
    for path, network in networks.items():
        definitions = yaml_text.below(network, HARDWARE)
        found[path] += [(node, renamed[key]) for key, node in yaml_text.keys(definitions) if key in renamed]
        nodes: list[Node | None] = []
        for definition in yaml_text.items(definitions):
            nodes += [yaml_text.below(definition, "set-name"), yaml_text.below(definition, "match", "name")]
        found[path] += renamings(nodes, names)
        nodes = []
        for section in _ALL:
            for definition in yaml_text.items(yaml_text.below(network, section)):
                nodes += [yaml_text.below(definition, "link"), yaml_text.below(definition, *_PRIMARY)]
                nodes += yaml_text.items(yaml_text.below(definition, "interfaces"))
                nodes += netplan_passthrough.nodes_of_names(definition)
                of_ports = [pair for keys in _OF_PORTS for pair in yaml_text.keys(yaml_text.below(definition, *keys))]
                found[path] += [(node, renamed[key]) for key, node in of_ports if key in renamed]
        found[path] += renamings(nodes, renamed)
    return found


def renamings(nodes: Iterable[Node | None], names: Mapping[str, str]) -> list[Change]:
    """The changes of those nodes that are an interface's old name: {old: new}."""
    return [(node, names[yaml_text.scalar(node)]) for node in nodes if node and yaml_text.scalar(node) in names]


def with_dhcp(text: str, path: str, keys: Path, nics: Sequence[Nic], compose: _Composer = yaml_text.compose) -> str:
    """text, the file at path whose `network` mapping keys lead to, with DHCP in place of static addresses for nics.

    compose: reads it.
    """
    wanted = {nic.name or nic.hardware_mac for nic in nics}
    network = yaml_text.below(compose(text, path), *keys)
    names = names_of(merged_of({path: network})[0][HARDWARE])
    loose = {nic.patterns for nic in nics if nic.name is None}
    root = compose(text, path)
    found: dict[str, Node] = {}
    gone: list[Path] = []
    for identifier, definition in yaml_text.entries(yaml_text.below(root, *keys, HARDWARE)).items():
        place = (*keys, HARDWARE, identifier)
        there = yaml_text.entries(definition)
        routes = yaml_text.children(there.get("routes"))
        static: list[Path] = [(*place, key) for key in _OF_STATIC if key in there]
        static += [(*place, "routes", each) for each, route in routes.items() if static_netplan.is_default(route)]
        static += [(*place, *each) for each in netplan_passthrough.static_paths(definition, None)]
        is_wanted = identifier in names and (names[identifier] in wanted or (names[identifier] is None and loose))
        if static and is_wanted:
            found[identifier] = definition
            gone += static
    switches = [yaml_text.entries(each).get("dhcp4") for each in found.values()]
    text = yaml_text.with_scalars(text, [(switch, "true") for switch in switches if switch is not None])
    # The text changes; so do the places of all nodes.
    definitions = yaml_text.entries(yaml_text.below(compose(text, path), *keys, HARDWARE))
    without = [definitions[each] for each in found if "dhcp4" not in yaml_text.entries(definitions[each])]
    text = yaml_text.with_entries(text, without, "dhcp4: true")
    return yaml_text.without(text, compose(text, path), gone)


def paths_of(networks: Mapping[str, Node | None], nics: Sequence[Nic]) -> dict[str, list[Path]]:
    """{path: [tuple of keys]} of all in networks that is of these Nics: definitions, and places in lists."""
    merged, _files = merged_of(networks)
    wanted = {nic.name for nic in nics if nic.name} | {nic.hardware_mac for nic in nics if nic.hardware_mac}
    of_nics = [identifier for identifier, name in names_of(merged[HARDWARE]).items() if name in wanted]
    # NetworkManager's VLANs name the interface that they are on.
    of_nics += [name for name in wanted if not any(name in definitions for definitions in merged.values())]
    gone = _vanished(of_nics, {name: each for definitions in merged.values() for name, each in definitions.items()})
    found: dict[str, list[Path]] = {}
    for path, network in networks.items():
        for section in _ALL:
            for identifier, definition in yaml_text.entries(yaml_text.below(network, section)).items():
                if identifier in gone:
                    found.setdefault(path, []).append((section, identifier))
                    continue
                ports = yaml_text.children(yaml_text.below(definition, "interfaces"))
                places: dict[Path, Node | None] = {("interfaces", index): port for index, port in ports.items()}
                places[_PRIMARY] = yaml_text.below(definition, *_PRIMARY)
                struck = [keys for keys, port in places.items() if yaml_text.scalar(port) in gone]
                for keys in _OF_PORTS:
                    of_ports = yaml_text.entries(yaml_text.below(definition, *keys))
                    struck += [(*keys, port) for port in of_ports if port in gone]
                if struck:
                    found.setdefault(path, []).extend((section, identifier, *keys) for keys in struck)
    return found


def _vanished(gone: Iterable[str], definitions: Mapping[str, Definition]) -> set[str]:
    """The ids that are gone, of what is on them, and of what has nothing left without them.

    netplan refuses all of its files where one definition names another that is not there.
    """
    users: dict[str, list[str]] = {}
    for identifier, definition in definitions.items():
        for lower in _lower_of(definition):
            users.setdefault(lower, []).append(identifier)
    found = set(gone)
    left = list(found)
    while left:
        key = left.pop()
        uuid = netplan_passthrough.uuid_of(definitions.get(key, {}))
        for identifier in (*users.get(key, ()), *(users.get(uuid, ()) if uuid else ())):
            if identifier not in found and _is_nothing(definitions[identifier], {*found, uuid}):
                found.add(identifier)
                left.append(identifier)
    return found


def _lower_of(definition: Definition) -> list[str]:
    ports = definition.get("interfaces")
    links = [definition.get("link"), *(ports if isinstance(ports, list) else ())]
    links += netplan_passthrough.lowers_of(definition)
    return [link for link in links if isinstance(link, str)]


def _is_nothing(definition: Definition, gone: Collection[str]) -> bool:
    """Whether it is on one of those that are gone, or says nothing but which of them are its ports."""
    link = definition.get("link")
    if not set(gone).isdisjoint(
        [*([link] if isinstance(link, str) else ()), *netplan_passthrough.lowers_of(definition)]
    ):
        return True
    parameters = definition.get("parameters", {})
    of_ports = {_PRIMARY[-1], *(keys[-1] for keys in _OF_PORTS)}
    is_bare = (
        set(definition) <= {"interfaces", "parameters"} and isinstance(parameters, dict) and of_ports >= set(parameters)
    )
    return is_bare and set(_lower_of(definition)) <= set(gone)


def mac_changes(network: Node | None, macs: Mapping[str, str]) -> list[Change]:
    """[(node, new text)] for all MAC addresses by which a `network` mapping knows hardware, or which it gives."""
    nodes = []
    for section in _ALL:
        for definition in yaml_text.items(yaml_text.below(network, section)):
            nodes += [yaml_text.below(definition, "match", "macaddress"), yaml_text.below(definition, "macaddress")]
            nodes += netplan_passthrough.nodes_of_macs(definition)
    return [(node, values.with_macs_replaced(node.value, macs)) for node in nodes if node and yaml_text.scalar(node)]


def documents_of(root: GuestRoot) -> dict[str, Node | None]:
    """{path: root node} of the files in force, in netplan's order."""
    found: dict[str, str] = {}
    for directory in _DIRECTORIES:
        for name in root.list(directory):
            if name.endswith(".yaml"):
                found.setdefault(name, posixpath.join(directory, name))
    texts = {path: root.read(path) for path in bounds.to_read(root, [found[name] for name in sorted(found)])}
    return {path: composed(text, path) for path, text in texts.items() if text is not None and text.strip()}
