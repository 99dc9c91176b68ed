# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Codes about the network of a guest."""

from __future__ import annotations

from .declaration import Declaration, Subject, concern, error

SUBJECT = Subject(
    "Network",
    "The network cards of the guest, and the files that configure them.",
    (
        concern(
            "nic-unknown",
            "warning",
            "No file of the guest configures a network card, so the virtual machine on the target gets none.",
            "Pass what the source hypervisor knows, `hardware: {interfaces: [{mac: MAC}]}`, or `[]` for a guest "
            "without network cards.",
        ),
        concern(
            "nic-not-on-source",
            "warning",
            "The guest configures a network card that `hardware.interfaces` does not list. Usually the card was "
            "removed long ago.",
            "Delete it from `devices.network`, or add it to `hardware.interfaces` if the source has it.",
        ),
        concern(
            "nic-identity-unknown",
            "error",
            "The guest has several network cards, and nothing tells which is which on the target.",
            "Pass `hardware.interfaces` with the MAC addresses of the source, or accept new addresses with "
            "`hardware: {generate_macs: true}`.",
        ),
        concern(
            "nic-mac-generated",
            "warning",
            "The network cards get new MAC addresses, which the virtual machine on the target must use.",
            "Create the virtual machine with the addresses in the `hardware` that the conversion returns. Update "
            "what knew the old ones: reservations of a DHCP server, switches, licences.",
        ),
        concern(
            "nic-network-unknown",
            "warning",
            "The source has network cards on several networks, and no MAC addresses of them, as most OVFs, so it is not known "
            "which card of the guest is on which network. A map of networks has its `default` for them.",
            "Add the MAC addresses to `hardware.interfaces`, or give the definition the network of each card (`networks`).",
        ),
        concern(
            "nic-matched-by-order",
            "warning",
            "A card of `hardware.interfaces` was matched to a card of the guest only by its position in the list.",
            "Add its `addresses` to `hardware.interfaces`, or check that the match is right.",
        ),
        concern(
            "nic-address-differs",
            "warning",
            "A card of `hardware.interfaces` was matched to a card of the guest that is configured with another IP "
            "address.",
            "Check that `hardware.interfaces` belongs to this guest, and that the configuration in the guest was in "
            "use.",
        ),
        concern(
            "nic-mac-differs",
            "warning",
            "A file of the guest knows a network card by a MAC address, and `hardware.interfaces` has another one for the "
            "card that matches it: the only one, or the one with its IP address. The guest applies the file to this card "
            "neither on the source nor on the target.",
            "Check that `hardware.interfaces` belongs to this guest. If it does, correct the address in the file, or "
            "remove the file.",
        ),
        concern(
            "nic-address-not-configured",
            "warning",
            "The source reports an IP address of a network card that no network configuration sets which guestconv reads. "
            "Another program sets it, such as dhcpcd, netctl or a script.",
            "Check on the target that the guest has the address. Bind the name of the network card with a .link file in "
            "the guest first, if that configuration uses the name.",
        ),
        concern(
            "mac-exchange-uncertain",
            "warning",
            "`hardware.target_interfaces` gives a network card the MAC address that another one has on the source, as if "
            "they exchange their addresses. Nothing shows whether an earlier conversion has done so already. A second "
            "conversion of the same disks would exchange the addresses again.",
            "Convert the guest once only, or pass the IP addresses of each network card in `hardware.interfaces`.",
        ),
        concern(
            "network-configuration-unused",
            "info",
            "The guest does not apply a network configuration file, because it prefers another one for the same network "
            "card: systemd-networkd the first that matches, NetworkManager the connection with the highest "
            "autoconnect-priority, or the one that was used last. Or the file is for another system (`Host=`, "
            "`KernelCommandLine=`, `Architecture=`), for a card that NetworkManager does not manage "
            "(`unmanaged-devices=`), or not for boot (`ONBOOT=no`), or it has no condition in `[Match]`, without which "
            "systemd 246 and later ignores it.",
            "Nothing needs to be done if the guest works.",
        ),
        concern(
            "network-configuration-for-any-nic",
            "info",
            "The guest has a configuration for any further network card, and it is not known whether there is one.",
            "Pass all network cards of the source in `hardware.interfaces`.",
        ),
        concern(
            "nic-configured-automatically",
            "info",
            "A network card has no configuration file. NetworkManager creates a connection with DHCP for it, whatever its name "
            "is. The name is not known, and may be another on the target.",
            "Nothing needs to be done if the guest does not use the name. If it does, as zones of firewalld do, bind the name "
            "with a .link file in the guest first. Pass all network cards of the source in `hardware.interfaces`.",
        ),
        concern(
            "nic-not-configured",
            "info",
            "The source has a network card, and the guest has no configuration for it in a format that guestconv reads. The "
            "name of the card is not known, and may be another on the target.",
            "Nothing needs to be done if the guest does not use the network card. If something in it does by its name, bind "
            "the name with a .link file in the guest first.",
        ),
        concern(
            "nic-configured-twice",
            "warning",
            "Files of different programs, such as ifupdown's and NetworkManager's, or several ifcfg files that are for "
            "boot (`ONBOOT=yes`), give one network card different addresses. guestconv reports all of them. Or several of "
            "NetworkManager's keyfiles have the same UUID, of which it loads one.",
            "Remove the files of the programs that do not run from the guest, or check the addresses on the target. Give each "
            "keyfile a UUID of its own.",
        ),
        concern(
            "nic-not-started",
            "warning",
            "DHCP or other addresses were chosen for a network card that the guest does not bring up at boot (`ONBOOT=no`, "
            "`autoconnect=false`, no `auto` line). guestconv writes what was chosen, and does not change when it is applied.",
            "Have the guest bring the network card up at boot, in the files that the message names, if it is to be reached there.",
        ),
        concern(
            "nic-mac-used-elsewhere",
            "warning",
            "Files other than network configuration mention a MAC address that `hardware.target_interfaces` replaces. "
            "They are left as they are.",
            "Change the address in the files that the message names, where it identifies the network card.",
        ),
        concern(
            "nic-name-used-elsewhere",
            "warning",
            "A network card has another name on the target, and files that do not configure the network mention the old "
            "one: rules of a firewall, sysctls, services. Or such files use names of network cards, and the network "
            "configuration does not name several of the cards, so that it is not known which card has which name.",
            "Change the name in the files that the message lists, where it means the network card, or keep it with "
            "`policy: rename` and the old name.",
        ),
        concern(
            "nic-name-from-elsewhere",
            "info",
            "The network configuration does not name a network card, or is in a format that guestconv does not read, but "
            "other files in /etc use a name of a network card: rules of a firewall, dhcpcd.conf, a script. If it is the only "
            "card, or its PCI slot is that of the name, the card keeps this name on the target.",
            "Nothing needs to be done if it is the name of the network card. If not, remove it from the files.",
        ),
        concern(
            "target-interface-unknown",
            "error",
            "`hardware.target_interfaces` names a MAC address that no network card of the guest has.",
            "Correct `from`, or list the card with that address in `hardware.interfaces`.",
        ),
        concern(
            "nic-name-not-kept",
            "warning",
            "The guest has no udev, so nothing in it can give the network cards their names on the target. Or it is Windows "
            "with several network cards, and the MAC address of one is not known.",
            "The kernel names them eth0, eth1 and so on, in the order of the bus. Configure them by these names. For "
            "Windows, pass `hardware.interfaces` with the MAC addresses of the source.",
        ),
        concern(
            "static-address-not-kept",
            "warning",
            "A network card of a Windows guest has static addresses that cannot be set on the target, because the MAC "
            "address of the card is not known, or because Windows has no PowerShell, which would set them, or because "
            "another network card has them as well. Or the addresses are of a team, or of a switch, that loses its cards.",
            "Pass `hardware.interfaces` with `mac`, and `addresses` or `pci_slot`, of each network card. Add the cards of "
            "a team or switch to it again on the target.",
        ),
        concern(
            "nic-setting-not-kept",
            "warning",
            "A network card of a Windows guest has settings that a card of another model does not get: of its driver (a "
            "VLAN, a MAC address, the size of frames), of TCP/IP (the MTU, what DHCP has in addition, DNS over "
            "HTTPS), in Windows 7 that IPv6 or the sharing of files is turned off for it, or that it is disabled. Or a "
            "team, or a switch, loses its cards.",
            "Set them on the target: the VLAN in the network, the MAC address with `hardware.target_interfaces`, and the "
            "others in the properties of the connection and of the adapter.",
        ),
        concern(
            "nic-may-be-gone",
            "info",
            "Windows keeps the configuration of network cards that were removed, so the guest may have fewer than the target "
            "gets.",
            "Pass `hardware.interfaces`, or delete the cards that the guest does not have any more from `devices.network`.",
        ),
        concern(
            "route-not-kept",
            "warning",
            "A persistent route of a Windows guest has a gateway that no network card of the guest reaches, or that a card "
            "does not reach with the addresses that its `policy` gives it, so it is not set for the network cards of the target.",
            "Check with `route print` on the target, and add the route there if it is needed.",
        ),
        concern(
            "nic-order-matters",
            "warning",
            "The names of the network cards are the kernel's own (eth0, eth1), which follow the order of the cards.",
            "Give the virtual machine its cards in the order of the `hardware.interfaces` that the conversion returns.",
        ),
        concern(
            "nic-configured-by-old-hardware",
            "warning",
            "A network configuration applies only to hardware that the source has, such as its bus address. A condition on "
            "the driver of a network card is changed to the driver on the target. It is reported only where several "
            "configurations ask for different drivers, or one is for network cards that get different ones.",
            "Let it refer to the name or the MAC address of the interface instead. Otherwise it may not be used on "
            "the target.",
        ),
        concern(
            "nic-address-used-elsewhere",
            "warning",
            "Files in /etc still mention an address or a gateway that a network card had before `policy: static`.",
            "Change it there where the new address is meant: /etc/hosts, addresses on which services listen, rules of a "
            "firewall, static routes by the old gateway.",
        ),
        concern(
            "cloud-init-renders-network",
            "info",
            "cloud-init is installed. If it finds a data source on the target, it regards the virtual machine as a "
            "new instance and may replace the network configuration.",
            "To keep the configuration, put `network: {config: disabled}` into /etc/cloud/cloud.cfg.d/99-network.cfg.",
        ),
        concern(
            "network-configuration-not-read",
            "warning",
            "The guest has network configuration in a format that guestconv does not read.",
            "A card that it names may have another name on the target. Check it there, or bind the name with a .link "
            "file before the guest moves.",
        ),
        Declaration(
            "network-configuration-malformed",
            "A network configuration file of the guest has a syntax error, so it was not taken into account.",
            "Correct the file that the message names. The guest's own programs cannot read it either.",
            retryable=False,
            severities=("warning",),
        ),
        concern(
            "python-yaml-missing",
            "error",
            "The guest has network configuration in YAML, and PyYAML is not installed on the machine that runs the "
            "module.",
            "Install python3-yaml (Debian, Ubuntu) or python3-pyyaml (Enterprise Linux, Fedora) on that machine.",
        ),
        error(
            "network-too-large",
            "The guest configures more network interfaces, or has more files of network configuration, than guestconv reads.",
            "Remove the configuration of interfaces that no longer exist.",
        ),
        error(
            "policy-malformed",
            "The `policy` of a network card in the description is malformed.",
            "A network card has `policy: keep`, `policy: dhcp`, `policy: rename` with `name`, or `policy: static` with "
            "`addresses`, `gateway` and `dns`.",
        ),
        error(
            "hardware-malformed",
            "A value of the option `hardware` is malformed.",
            "Correct the value that `path` names.",
        ),
    ),
)
