# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person should know of the guest's network before it is converted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from ...guest.root import GuestRoot
from ...model.concerns import Concern
from ...texts.unread import Unread
from . import automatic, drivers, elsewhere
from .cards import identity, nics
from .cards.assembly import Assembly
from .cards.identity import Card
from .cards.nics import Nic, Setting, labels
from .cards.statics import Static
from .formats import cloud_init, ifcfg_redhat, ifcfg_suse, keyfile_connections, keyfiles, unmanaged, wicked
from .names import naming
from .values import Address, host

_NOT_READ = (
    "/etc/conf.d/net",
    "/etc/connman/*.config",
    "/var/lib/connman/*/settings",
    "/etc/netctl/*",
    # ALT's etcnet, which has directories for lo and defaults too.
    "/etc/net/ifaces/e*/options",
    "/etc/nmstate/*.yml",
    "/etc/nmstate/*.yaml",
    "/etc/config/network",
    "/etc/rc.d/rc.inet1.conf",
    "/etc/dhcpcd.conf",
)
# Formats that one program reads: wicked does both, and SUSE's are what it is usually given.
_PROGRAMS = {ifcfg_suse.KIND: wicked.KIND}
# Such a file is there in any case; with one of these lines it configures a NIC (dhcpcd.conf(5)).
_DHCPCD = "/etc/dhcpcd.conf"
_STATIC_OF_DHCPCD = re.compile(r"^[ \t]*(?:static|inform|interface)\s", re.MULTILINE)


def concerns_of(
    root: GuestRoot,
    found: Sequence[Nic],
    cards: Sequence[Card],
    macs: Mapping[str, str],
    settings: Sequence[Setting],
    assembly: Assembly,
) -> list[Concern]:
    """The Concerns over the Nics found.

    cards, macs: as of identity.cards_of and new_macs. settings: what all files say. assembly: what was made of them.
    """
    doubts = (
        _not_read(root),
        identity.none_known(found, root.guest.hardware),
        identity.not_on_source(found, cards),
        identity.unknown_identity(found),
        identity.generated(found),
        identity.unknown_targets(found, macs),
        _not_kept(root, found),
        _order_matters(found),
        asks_for_old_hardware([*(pair for nic in found for pair in drivers.left(nic)), *_of_functions(settings)]),
        _rendered_again(root, found, settings),
        _never_applied([*(setting.file for setting in assembly.unused), *_of_unmanaged_cards(root, found)]),
        _configured_twice(found, settings),
        _of_one_uuid(root, found),
        _for_any_nic(found, assembly.spare, cards),
        automatic.concern(found, bool(cards)),
    )
    unknown = _unknown_addresses(found, cards, macs)
    of_bare = automatic.not_configured(found, [card.mac for card, _nic, _addresses in unknown])
    return [*(concern for concern in (*doubts, of_bare) if concern), *_from_elsewhere(root, unknown)]


def unread(error: Unread) -> Concern:
    """The Concern for a format whose reader raised error (an unread.Unread)."""
    return Concern(error.code, error.severity, error.message, error.hint)


def _not_read(root: GuestRoot) -> Concern | None:
    files = [file for file in root.glob(*_NOT_READ) if root.is_file(file)]
    if _DHCPCD in files and not _STATIC_OF_DHCPCD.search(root.read(_DHCPCD) or ""):
        files.remove(_DHCPCD)
    files += wicked.not_read(root)
    if not files:
        return None
    return Concern(
        "network-configuration-not-read",
        "warning",
        f"guestconv does not read this network configuration: {', '.join(files)}.",
        "A network card that it names may have another name on the target. Check it there, or bind the name with a .link "
        "file first.",
    )


def _not_kept(root: GuestRoot, found: Sequence[Nic]) -> Concern | None:
    names = [nic.name for nic in found if nic.name]
    if not names or naming.can_be_kept(root) or names == [f"eth{index}" for index in range(len(names))]:
        return None
    return Concern(
        "nic-name-not-kept",
        "warning",
        f"The guest has no udev, so its network cards cannot keep these names on the target: {', '.join(names)}.",
        "The kernel names the network cards eth0, eth1, ... in the order of their places on the bus. Configure them by "
        "these names.",
    )


def _order_matters(found: Sequence[Nic]) -> Concern | None:
    """The kernel's own names cannot be swapped: while eth0 is there, udev cannot rename another to it (EEXIST)."""
    names = [nic.name for nic in found if nic.name and nics.KERNEL_NAME.fullmatch(nic.name)]
    if len(names) < 2:
        return None
    return Concern(
        "nic-order-matters",
        "warning",
        f"The kernel itself assigns the names {', '.join(names)}, in the order in which it finds the network cards.",
        "Give the virtual machine its network cards in the order of hardware.interfaces that convert returns.",
    )


def _of_functions(settings: Sequence[Setting]) -> Iterator[tuple[str, str]]:
    """Pairs as of Nic.source_hardware, of interfaces that are no network cards: virtual functions of one (SR-IOV)."""
    for setting in settings:
        yield from ((setting.file, asked) for asked in setting.source_hardware if setting.virtual)


def asks_for_old_hardware(left: Sequence[tuple[str, str]]) -> Concern | None:
    """The Concern about configuration for hardware of the source alone: pairs as of Nic.source_hardware; or None."""
    asked = dict.fromkeys(f"{file} ({what})" for file, what in left)
    if not asked:
        return None
    return Concern(
        "nic-configured-by-old-hardware",
        "warning",
        f"Network configuration matches hardware that only the source has: {', '.join(asked)}.",
        "It may not be used on the target. Match the interface's name or MAC address instead.",
    )


def _rendered_again(root: GuestRoot, found: Sequence[Nic], settings: Sequence[Setting]) -> Concern | None:
    """cloud-init writes network configuration anew for a new instance, which the target may be to it."""
    by_hand = [nic for nic in found if nic.reached_at]
    try:
        source = cloud_init.renders(root)
    except Unread:
        return None
    if source is None or not by_hand:
        return None
    addresses = {address for setting in settings if setting.file == source for address in setting.addresses}
    if source and addresses >= {address for nic in by_hand for address in nic.reached_at}:
        return None
    return Concern(
        "cloud-init-renders-network",
        "info",
        "cloud-init is installed. If it finds a data source on the target, it treats the virtual machine as a new "
        f"instance and may replace the network configuration of {labels(by_hand)}.",
        "To keep the configuration, put `network: {config: disabled}` into /etc/cloud/cloud.cfg.d/99-network.cfg.",
    )


def _of_unmanaged_cards(root: GuestRoot, found: Sequence[Nic]) -> Iterator[str]:
    """The keyfiles of cards that NetworkManager leaves alone by a MAC address that the keyfiles themselves do not have."""
    known = [
        nic for nic in found if nic.hardware_mac and any(kind == keyfiles.KIND for _file, kind in nic.configured_by)
    ]
    lists = unmanaged.unmanaged(root) if known else []
    for nic in known:
        if any(unmanaged.fits(specs, nic.name, nic.hardware_mac) for specs in lists):
            yield from (file for file, kind in nic.configured_by if kind == keyfiles.KIND)


def _never_applied(unused: Iterable[str]) -> Concern | None:
    """systemd-networkd and NetworkManager apply one file to an interface: the first that fits it, or the one preferred.

    So does network.service of those files of one interface that are for boot.
    """
    files = list(dict.fromkeys(unused))
    if not files:
        return None
    return Concern(
        "network-configuration-unused",
        "info",
        f"{', '.join(files)}: the guest does not apply this network configuration, because it prefers another file for the "
        "same network card, or because the file is not in use (Host=, KernelCommandLine=, unmanaged-devices=, ONBOOT=no, "
        "an empty [Match]).",
        "Nothing needs to be done if the guest works. systemd-networkd prefers the file whose name comes first, and "
        "NetworkManager the connection with the highest autoconnect-priority, or the one that was used last.",
    )


def _configured_twice(found: Sequence[Nic], settings: Sequence[Setting]) -> Concern | None:
    """Formats are of different programs; which of these run is not known, and each would set its own addresses.

    Of several ifcfg files for one interface network.service brings all up, and NetworkManager one.
    """
    by_name: dict[str, dict[str, list[Setting]]] = {}
    for setting in settings:
        if setting.name and not setting.superseded and not setting.virtual and setting.method in ("static", "dhcp"):
            by_name.setdefault(setting.name, {}).setdefault(_PROGRAMS.get(setting.kind, setting.kind), []).append(
                setting
            )
    several = []
    for nic in found:
        by_program = list(by_name.get(nic.name or "", {}).values())
        for groups in (by_program, _by_ifcfg_file(each for own in by_program for each in own)):
            if len({frozenset(address for each in own for address in each.addresses) for own in groups}) > 1:
                several.append(f"{nic.name} ({'; '.join(map(_setting_what, groups))})")
                break
    if not several:
        return None
    return Concern(
        "nic-configured-twice",
        "warning",
        f"Several files have network configuration that contradicts each other: {', '.join(several)}.",
        "The services that are enabled in the guest decide which of it is in force. Remove the other files from the "
        "guest, or check the addresses on the target.",
    )


def _of_one_uuid(root: GuestRoot, found: Sequence[Nic]) -> Concern | None:
    """Copies of a connection for other cards that have kept its UUID."""
    files = {file for nic in found for file, kind in nic.configured_by if kind == keyfiles.KIND}
    groups = [
        paths for paths in (keyfile_connections.with_one_uuid(root) if files else ()) if files.intersection(paths)
    ]
    if not groups:
        return None
    return Concern(
        "nic-configured-twice",
        "warning",
        f"Files with network configuration have the same UUID: {'; '.join(map(elsewhere.listed, groups))}. NetworkManager "
        "loads only the one that was changed last.",
        "Give each of these files in the guest a UUID of its own, or remove those that are not in use.",
    )


def _by_ifcfg_file(settings: Iterable[Setting]) -> list[list[Setting]]:
    """The Settings of ifcfg files that are brought up at boot, file by file; an alias is not by itself."""
    found: dict[str, list[Setting]] = {}
    for setting in settings:
        if setting.kind == ifcfg_redhat.KIND and setting.at_boot:
            found.setdefault(setting.file, []).append(setting)
    return list(found.values())


def _setting_what(settings: Sequence[Setting]) -> str:
    """What a message says of the Settings of one program."""
    files = dict.fromkeys(setting.file for setting in settings)
    addresses = dict.fromkeys(address for setting in settings for address in setting.addresses)
    return f"{', '.join(files)}: {', '.join(addresses) or 'DHCP'}"


def _for_any_nic(found: Sequence[Nic], spare: Nic | None, cards: Sequence[Card]) -> Concern | None:
    """Who knows the cards knows how many there are."""
    files = [file for file, _kind in spare.configured_by] if spare and not cards else []
    if not files or not {file for nic in found for file, _kind in nic.configured_by}.isdisjoint(files):
        return None
    return Concern(
        "network-configuration-for-any-nic",
        "info",
        f"{', '.join(files)} configures any further network card, so that the guest may have more than {labels(found)}.",
        "If it has, pass all of them in hardware.interfaces.",
    )


def _unknown_addresses(
    found: Sequence[Nic], cards: Sequence[Card], macs: Mapping[str, str]
) -> list[tuple[Card, Nic | None, list[str]]]:
    """Addresses that cards had, and nothing that is read gives them: dhcpcd does, netctl, a script."""
    by_mac = {nic.mac: nic for nic in found if nic.mac}
    loose = [nic for nic in found if not nic.mac]
    configured = {host(each) for nic in found for each in (*nic.addresses, *_of_uppers(nic))}
    unknown: list[tuple[Card, Nic | None, list[str]]] = []
    for card in cards:
        # IPv6 has addresses by router advertisements, without any configuration of them.
        seen = [
            address
            for address in sorted(card.addresses, key=lambda address: (address.version, address))
            if str(address) not in configured and not address.is_link_local
        ]
        mac = card.mac or ""
        nic = by_mac.get(mac) or by_mac.get(macs.get(mac, "")) if mac else _of_unknown_card(loose, seen)
        addresses = [str(address) for address in seen if not (nic and _may_get(nic, address))]
        if addresses:
            unknown.append((card, nic, addresses))
    return unknown


def _from_elsewhere(root: GuestRoot, unknown: Sequence[tuple[Card, Nic | None, list[str]]]) -> list[Concern]:
    """The Concerns over such addresses."""
    sought = [address for _card, _nic, addresses in unknown for address in addresses]
    files, incomplete = elsewhere.files_mentioning(root, sought)
    return [*incomplete, *(_unconfigured(card, nic, addresses, files) for card, nic, addresses in unknown)]


def _of_unknown_card(loose: list[Nic], addresses: Sequence[Address]) -> Nic | None:
    """The Nic of a card without a MAC address: one of loose, which have none, that may get these addresses, or the only one.

    It is taken out of loose.
    """
    if not addresses:
        return None
    fitting = [nic for nic in loose if all(_may_get(nic, address) for address in addresses)]
    nic = fitting[0] if fitting else loose[0] if len(loose) == 1 else None
    if nic:
        loose.remove(nic)
    return nic


def _may_get(nic: Nic, address: Address) -> bool:
    return nic.is_dynamic or (address.version == 6 and bool(nic.configured_by))


def _of_uppers(nic: Nic) -> list[str]:
    return [address for upper in nic.used_by for address in upper.addresses]


def _unconfigured(
    card: Card, nic: Nic | None, addresses: Sequence[str], mentions: Mapping[str, Sequence[str]]
) -> Concern:
    files = list(dict.fromkeys(file for address in addresses for file in mentions.get(address, ())))
    named = nic is not None and nic.name is not None
    return Concern(
        "nic-address-not-configured",
        "warning",
        f"hardware.interfaces[{card.position}] ({card.mac or 'of an unknown MAC address'}) was seen with "
        f"{', '.join(addresses)}, but no network configuration that guestconv reads sets that"
        + (f"; {', '.join(files)} mention it" if files else "")
        + ("." if named else ". The name of this network card in the guest is not known, and is not kept."),
        "Check on the target that the guest has the address. If its configuration uses the name of the network card, bind "
        "the name with a .link file in the guest first.",
    )


def not_started(chosen: Iterable[Nic]) -> list[Concern]:
    """The Concern over those of the Nics for which DHCP or other addresses were chosen that are not brought up at boot."""
    nics_down = [nic for nic in chosen if nic.configured_by and not nic.at_boot]
    if not nics_down:
        return []
    files = dict.fromkeys(file for nic in nics_down for file, _kind in nic.configured_by)
    return [
        Concern(
            "nic-not-started",
            "warning",
            f"The guest does not bring up {labels(nics_down)} at boot, so that what was chosen for it has no effect there: "
            f"{', '.join(files)}.",
            "Have these files bring it up (ONBOOT=yes, autoconnect=true, an `auto` line) if it is to be reached on the target.",
        )
    ]


def of_static(root: GuestRoot, static: Mapping[Nic, Static], settings: Sequence[Setting]) -> list[Concern]:
    """The Concerns over NICs that got other addresses: where the old ones still stand, and what may undo it.

    settings: what the guest's configuration says now.
    """
    again = _rendered_again(root, [replace(nic, addresses=each.addresses) for nic, each in static.items()], settings)
    kept = {text for each in static.values() for text in (*map(host, each.addresses), *each.gateways)}
    sought: dict[str, None] = {}
    for nic in static:
        sought.update(dict.fromkeys((*map(host, nic.addresses), *nic.gateways)))
    old = [address for address in sought if address not in kept]
    return [*([again] if again else []), *elsewhere.addresses_elsewhere(root, old, labels(static))]
