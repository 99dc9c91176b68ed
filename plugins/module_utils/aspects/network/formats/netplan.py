# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""netplan's YAML (netplan(5)), which cloud-init's network configuration version 2 is too.

All files count, in the order of their names: a later one adds to what an earlier one says of an interface. A mapping is
merged, a list is appended to the other, a plain value replaces it. A file in /etc hides one of its name in /usr/lib.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Callable

from ....guest.root import GuestRoot
from ....texts import yaml_text
from ....texts.unread import Unread
from ....texts.yaml_text import Change, Path, Plain
from .. import values
from ..cards.nics import INTERFACE, Nic, Setting, labels
from ..cards.statics import Static
from . import static_netplan

if TYPE_CHECKING:
    from yaml.nodes import Node

KIND = "netplan"
# /run is not read: it is a tmpfs, which does not outlive the guest's shutdown, and hides what a disk has below it.
_DIRECTORIES = ("/etc/netplan", "/usr/lib/netplan", "/lib/netplan")

_HARDWARE = "ethernets"
_NETWORKD = "networkd"
# Connections of NetworkManager's that netplan has no words for (netplan(5), Properties for device type nm-devices).
_NOT_READ = "nm-devices"
# By what a definition chooses its interfaces, and what it calls them.
_MATCHING = ("match", "set-name")
_SOFTWARE = ("bonds", "bridges", "vlans", "vrfs", "dummy-devices", "virtual-ethernets", "tunnels")
_OF_STATIC = ("addresses", "gateway4", "gateway6", "routes")
# What a card with virtual functions has (netplan(5), SR-IOV).
_OF_FUNCTIONS = ("virtual-function-count", "embedded-switch-mode")
# Where a bond names one of its ports once more.
_PRIMARY = ("parameters", "primary")
# Where a bridge says something of each of its ports, by their names; netplan refuses names that it does not know.
_OF_PORTS = (("parameters", "path-cost"), ("parameters", "port-priority"))
_YES = ("true", "yes", "on", "y", "1")
# Keys of a section that are no definition (netplan(5): the renderer of all of a kind).
_NO_DEFINITIONS = ("renderer",)
_EVERYWHERE = ("default", "0.0.0.0/0", "::/0", "0/0")
# Reads the text of the file at a path.
_Composer = Callable[[str, str], "Node | None"]

# What the files say of one interface, {key: value}.
Definition = dict[str, Plain]


def read(root: GuestRoot) -> list[Setting]:
    """What netplan's files say: a list of Settings."""
    documents = {path: yaml_text.below(document, "network") for path, document in _documents(root).items()}
    return settings_of(documents, KIND)


def unconfigure(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Make comments of what configures these Nics, and of VLANs on them; strike them out of bonds and bridges."""
    detail = f"{labels(nics)} is not on the target; its lines were commented out"
    documents = _documents(root)
    networks = {path: yaml_text.below(document, "network") for path, document in documents.items()}
    for path, keys in paths_of(networks, nics).items():
        gone = [("network", *each) for each in keys]
        root.write(path, yaml_text.without(root.read(path) or "", documents[path], gone), detail)


def replace_macs(root: GuestRoot, macs: Mapping[str, str]) -> None:
    """Make definitions that know their NIC by a MAC address know it by another: {old: new}."""
    for path, document in _documents(root).items():
        changes = mac_changes(yaml_text.below(document, "network"), macs)
        detail = "the network card has another MAC address on the target"
        root.write(path, yaml_text.with_scalars(root.read(path) or "", changes), detail)


def rename(root: GuestRoot, names: Mapping[str, str]) -> None:
    """Make definitions that are for interfaces by name be for their new names: {old: new}."""
    documents = _documents(root)
    networks = {path: yaml_text.below(document, "network") for path, document in documents.items()}
    for path, changes in name_changes(networks, names).items():
        detail = "the network card has another name on the target"
        root.write(path, yaml_text.with_scalars(root.read(path) or "", changes), detail)


def use_dhcp(root: GuestRoot, nics: Sequence[Nic]) -> None:
    """Let these Nics get their addresses by DHCP."""
    detail = f"{labels(nics)} gets its address by DHCP on the target"
    for path in _documents(root):
        root.write(path, with_dhcp(root.read(path) or "", path, ("network",), nics, _composed), detail)


def use_static(root: GuestRoot, nic: Nic, static: Static) -> None:
    """Give this Nic the addresses static, with the gateways and name servers, in the place of what it has.

    A definition that is for others too stays. One for the Nic goes before it, where systemd-networkd applies one alone.
    """
    documents = _documents(root)
    networks = {path: yaml_text.below(document, "network") for path, document in documents.items()}
    definitions = _merged(networks)[0][_HARDWARE]
    for path, (identifier, is_first) in definitions_of(networks, nic).items():
        compose = partial(_composed, path=path)
        text = root.read(path) or ""
        is_shared = _names(definitions)[identifier] is None
        if is_shared and nic.hardware_mac and _renderer(_renderers(networks), definitions[identifier]) == _NETWORKD:
            known = {key: value for key, value in definitions[identifier].items() if key not in _MATCHING}
            # It comes before the other: see settings_of.
            identifier = f"{identifier}-{nic.identifier}"
            own = json.dumps({"match": {"macaddress": nic.hardware_mac}, **known})
            text = yaml_text.with_entry(text, yaml_text.below(networks[path], _HARDWARE), f"{identifier}: {own}")
        keys = ("network", _HARDWARE, identifier)
        text = static_netplan.with_static(text, compose, keys, static, is_first)
        root.write(path, text, f"{nic.label} has another address on the target")
        if is_shared:
            return


def not_read(root: GuestRoot) -> list[str]:
    """The files with connections that only NetworkManager understands."""
    try:
        documents = _documents(root)
    except Unread:
        # read() raises it, too.
        return []
    return [path for path, each in documents.items() if yaml_text.items(yaml_text.below(each, "network", _NOT_READ))]


def definitions_of(networks: Mapping[str, Node | None], nic: Nic) -> dict[str, tuple[str, bool]]:
    """{path: (id of the definition of nic, whether that is the first)} in networks."""
    names = _names(_merged(networks)[0][_HARDWARE])
    known = {nic.name, nic.hardware_mac} - {None}
    paths = {path for path, _kind in nic.configured_by}
    found: dict[str, tuple[str, bool]] = {}
    for path, network in networks.items():
        for identifier in yaml_text.entries(yaml_text.below(network, _HARDWARE)):
            name = names.get(identifier)
            if path not in found and (name in known or (name is None and path in paths)):
                found[path] = identifier, not found
    return found


def _composed(text: str, path: str) -> Node | None:
    return yaml_text.compose(text, path, folded=True)


def name_changes(networks: Mapping[str, Node | None], names: Mapping[str, str]) -> dict[str, list[Change]]:
    """{path: [(node, new text)]} for all places in networks where NICs stand by their names."""
    merged, _files = _merged(networks)
    # Where there is a `match`, the definition's own name means nothing.
    renamed = {old: new for old, new in names.items() if "match" not in merged[_HARDWARE].get(old, {"match": {}})}
    found: dict[str, list[Change]] = {path: [] for path in networks}
    for path, network in networks.items():
        definitions = yaml_text.below(network, _HARDWARE)
        found[path] += [(node, renamed[key]) for key, node in yaml_text.keys(definitions) if key in renamed]
        nodes: list[Node | None] = []
        for definition in yaml_text.items(definitions):
            nodes += [yaml_text.below(definition, "set-name"), yaml_text.below(definition, "match", "name")]
        found[path] += renamings(nodes, names)
        nodes = []
        for section in (_HARDWARE, *_SOFTWARE):
            for definition in yaml_text.items(yaml_text.below(network, section)):
                nodes += [yaml_text.below(definition, "link"), yaml_text.below(definition, *_PRIMARY)]
                nodes += yaml_text.items(yaml_text.below(definition, "interfaces"))
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
    names = _names(_merged({path: network})[0][_HARDWARE])
    loose = {nic.patterns for nic in nics if nic.name is None}
    for identifier in yaml_text.entries(yaml_text.below(network, _HARDWARE)):
        # The text changes; so do the places of all nodes.
        root = compose(text, path)
        definition = yaml_text.below(root, *keys, _HARDWARE, identifier)
        there = yaml_text.entries(definition)
        static = [(*keys, _HARDWARE, identifier, key) for key in _OF_STATIC if key in there]
        if (names[identifier] not in wanted and not (names[identifier] is None and loose)) or not static:
            continue
        if "dhcp4" in there:
            text = yaml_text.with_scalars(text, [(there["dhcp4"], "true")])
        else:
            text = yaml_text.with_entry(text, definition, "dhcp4: true")
        text = yaml_text.without(text, compose(text, path), static)
    return text


def settings_of(networks: Mapping[str, Node | None], kind: str) -> list[Setting]:
    """The Settings in networks: {path: node of a `network` mapping}."""
    merged, files = _merged(networks)
    names = {key: name or _profile(key) for key, name in _names(merged[_HARDWARE]).items()}
    renderers = _renderers(networks)
    settings: list[Setting] = []
    for section, definitions in merged.items():
        for identifier, definition in definitions.items():
            first, *others = files[section, identifier]
            one = _setting(first, kind, section, identifier, definition, names)
            if kind == KIND and section == _HARDWARE and _renderer(renderers, definition) == _NETWORKD:
                # What netplan writes for systemd-networkd (write_network_file() of src/networkd.c).
                one = replace(one, order=f"10-netplan-{identifier}.network")
            settings.append(one)
            settings += [
                replace(
                    one,
                    file=file,
                    addresses=(),
                    gateways=(),
                    name_servers=(),
                    method=None,
                    lower=(),
                    source_hardware=(),
                )
                for file in others
            ]
    return [*settings, *_patch_ports(networks, kind)]


def _profile(identifier: str) -> str:
    """What a definition without a name is called among all profiles."""
    return f"{KIND}/{identifier}"


def _renderers(networks: Mapping[str, Node | None]) -> dict[str, str]:
    """{section, or "" for all: renderer}; the last file is right."""
    found: dict[str, str] = {}
    for network in networks.values():
        for section in ("", _HARDWARE):
            renderer = yaml_text.scalar(yaml_text.below(network, *filter(None, (section, "renderer"))))
            if renderer:
                found[section] = renderer
    return found


def _renderer(renderers: Mapping[str, str], definition: Definition) -> str:
    """What applies a definition of hardware; renderers: as of _renderers."""
    return _text(definition.get("renderer")) or renderers.get(_HARDWARE) or renderers.get("") or _NETWORKD


def _patch_ports(networks: Mapping[str, Node | None], kind: str) -> Iterator[Setting]:
    """The ends of Open vSwitch's patches, which bridges have among their interfaces: openvswitch.ports, in pairs."""
    for path, network in networks.items():
        for pair in yaml_text.items(yaml_text.below(network, "openvswitch", "ports")):
            for name in map(yaml_text.scalar, yaml_text.items(pair)):
                if INTERFACE.fullmatch(name):
                    yield Setting(path, kind, name, virtual=True)


def paths_of(networks: Mapping[str, Node | None], nics: Sequence[Nic]) -> dict[str, list[Path]]:
    """{path: [tuple of keys]} of all in networks that is of these Nics: definitions, and places in lists."""
    merged, _files = _merged(networks)
    wanted = {nic.name for nic in nics if nic.name} | {nic.hardware_mac for nic in nics if nic.hardware_mac}
    gone = {identifier for identifier, name in _names(merged[_HARDWARE]).items() if name in wanted}
    on_others = [*merged["vlans"].items(), *merged[_HARDWARE].items()]
    gone |= {identifier for identifier, definition in on_others if definition.get("link") in gone}
    found: dict[str, list[Path]] = {}
    for path, network in networks.items():
        for section in (_HARDWARE, *_SOFTWARE):
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


def mac_changes(network: Node | None, macs: Mapping[str, str]) -> list[Change]:
    """[(node, new text)] for all MAC addresses by which a `network` mapping knows hardware, or which it gives."""
    nodes = []
    for section in (_HARDWARE, *_SOFTWARE):
        for definition in yaml_text.items(yaml_text.below(network, section)):
            nodes += [yaml_text.below(definition, "match", "macaddress"), yaml_text.below(definition, "macaddress")]
    return [(node, values.with_macs_replaced(node.value, macs)) for node in nodes if node and yaml_text.scalar(node)]


def _documents(root: GuestRoot) -> dict[str, Node | None]:
    """{path: root node} of the files in force, in netplan's order."""
    found: dict[str, str] = {}
    for directory in _DIRECTORIES:
        for name in root.list(directory):
            if name.endswith(".yaml"):
                found.setdefault(name, posixpath.join(directory, name))
    texts = {found[name]: root.read(found[name]) for name in sorted(found)}
    return {path: _composed(text, path) for path, text in texts.items() if text is not None and text.strip()}


def _merged(
    networks: Mapping[str, Node | None],
) -> tuple[dict[str, dict[str, Definition]], dict[tuple[str, str], list[str]]]:
    """({section: {id: definition}}, {(section, id): [path]}) of all files together."""
    merged: dict[str, dict[str, Definition]] = {section: {} for section in (_HARDWARE, *_SOFTWARE)}
    files: dict[tuple[str, str], list[str]] = {}
    for path, network in networks.items():
        for section, definitions in merged.items():
            for identifier, definition in yaml_text.entries(yaml_text.below(network, section)).items():
                if identifier in _NO_DEFINITIONS:
                    continue
                known = definitions.get(identifier, {})
                definitions[identifier] = _merge(known, _mapping(yaml_text.plain(definition)))
                files.setdefault((section, identifier), []).append(path)
    return merged, files


def _merge(old: Definition, new: Definition) -> Definition:
    merged = dict(old)
    for key, value in new.items():
        before = merged.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            merged[key] = _merge(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            merged[key] = [*before, *value]
        else:
            merged[key] = value
    return merged


def _names(definitions: Mapping[str, Definition]) -> dict[str, str | None]:
    """{id: the interface's name, or the MAC address by which it is known, or None}."""
    return {
        identifier: _name(identifier, definition) or values.normal_mac(_text(_match(definition).get("macaddress")))
        for identifier, definition in definitions.items()
    }


def _name(identifier: str, definition: Definition) -> str | None:
    """The interface's name: that of the definition, unless `match` chooses by something else."""
    name = identifier
    if "match" in definition:
        name = _text(definition.get("set-name")) or _text(_match(definition).get("name"))
    return name if INTERFACE.fullmatch(name) else None


def _setting(
    file: str, kind: str, section: str, identifier: str, definition: Definition, names: Mapping[str, str | None]
) -> Setting:
    match = _match(definition)
    name = identifier if section != _HARDWARE else _name(identifier, definition)
    mac = values.normal_mac(_text(match.get("macaddress"))) if section == _HARDWARE else None
    lower = [*_texts(definition.get("interfaces")), _text(definition.get("link"))]
    addresses = tuple(dict.fromkeys(_addresses(definition)))
    # netplan and cloud-init make a rule, or a .link file, from `match` and `set-name`.
    binds = bool(mac and definition.get("set-name") and name)
    loose = section == _HARDWARE and not name and not mac
    # A virtual function of a card (SR-IOV) is a card of its own only where the physical one is.
    is_function = section == _HARDWARE and bool(definition.get("link"))
    return Setting(
        file,
        kind,
        name if INTERFACE.fullmatch(name or "") else None,
        virtual=section != _HARDWARE or is_function,
        lower=tuple(found for found in (names.get(port, port) for port in lower if port) if found),
        tagged=section == "vlans" or is_function,
        method=_method(definition, addresses),
        addresses=addresses,
        gateways=_gateways(definition),
        name_servers=values.gateways(_texts(_mapping(definition.get("nameservers")).get("addresses"))),
        mac=values.normal_mac(_text(definition.get("macaddress"))),
        hardware_mac=mac,
        patterns=(" ".join(_match_words(match.get("name"))) or "*",) if loose else (),
        profile=_profile(identifier),
        hardware=section == _HARDWARE and not is_function,
        dynamic=bool(_dhcp(definition)),
        dhcp=_dhcp(definition),
        binds=binds,
        source_hardware=(
            *(f"driver: {driver}" for driver in _match_words(match.get("driver"))),
            *(f"{key}: {_text(definition.get(key))}" for key in _OF_FUNCTIONS if definition.get(key)),
        ),
        at_boot=_text(definition.get("activation-mode")) not in ("manual", "off"),
    )


def _match(definition: Definition) -> Definition:
    return _mapping(definition.get("match"))


def _match_words(value: Plain | None) -> list[str]:
    return [word for word in (_texts(value) or [_text(value)]) if word]


def _method(definition: Definition, addresses: tuple[str, ...]) -> str | None:
    if addresses:
        return "static"
    if _dhcp(definition):
        return "dhcp"
    return "auto" if _text(definition.get("accept-ra")).lower() in _YES else None


def _dhcp(definition: Definition) -> tuple[int, ...]:
    """The families of which it gets addresses by DHCP."""
    return tuple(version for version in (4, 6) if _text(definition.get(f"dhcp{version}")).lower() in _YES)


def _addresses(definition: Definition) -> Iterator[str]:
    addresses = definition.get("addresses")
    for each in addresses if isinstance(addresses, list) else ():
        # An address with options is a mapping of one key: {10.0.0.5/8: {label: ...}}.
        for text in each if isinstance(each, dict) else (each,):
            if isinstance(text, str):
                yield from values.with_prefix(text)


def _gateways(definition: Definition) -> tuple[str, ...]:
    routes = definition.get("routes")
    texts = [_text(definition.get("gateway4")), _text(definition.get("gateway6"))]
    for route in routes if isinstance(routes, list) else ():
        if isinstance(route, dict) and re.sub(r"\s", "", _text(route.get("to"))) in _EVERYWHERE:
            texts.append(_text(route.get("via")))
    return values.gateways(texts)


def _mapping(value: Plain | None) -> Definition:
    return value if isinstance(value, dict) else {}


def _text(value: Plain | None) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Plain | None) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
