# Copyright: (c) 2026, the guestconv authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
r"""SYSTEM hives of Windows, as far as they are about the network, in the words of tests/hives.py.

The keys and values are those of the hives of VMware guests in ../shared/hives, less what nothing reads.
"""

from __future__ import annotations

E1000E = r"PCI\VEN_8086&DEV_10D3&SUBSYS_07D015AD&REV_00\000C29FFFFF3FFDE00"
VMXNET3 = r"PCI\VEN_15AD&DEV_07B0&SUBSYS_07B015AD&REV_01\FF565000BB0895FE00"
E1000 = r"PCI\VEN_8086&DEV_100F&SUBSYS_075015AD&REV_01\4&B70F118&0&{slot}"

_CLASS = r"ControlSet001\Control\Class\{4d36e972-e325-11ce-bfc1-08002be10318}"
_NETWORK = r"ControlSet001\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}"
NSI = r"ControlSet001\Control\Nsi\{eb004a0"


def guid(number):
    """The GUID of the interface number."""
    return f"{{5F3F359E-9D52-4566-9BEC-37EFDFB25A{number:02X}}}"


def system(*parts):
    """A SYSTEM hive of these parts."""
    return '[Select]\n"Current"=dword:00000001\n[ControlSet001]\n' + "\n".join(parts)


def adapter(number, instance, name, characteristics=0x84, **values):
    """The adapter of an interface. values: further ones of its key, as in a file of tests/hives.py."""
    path = instance.replace("\\", "\\\\")
    more = "\n".join(f'"{key}"={value}' for key, value in values.items())
    return f"""[{_CLASS}\\{number:04d}]
"NetCfgInstanceId"="{guid(number)}"
"DeviceInstanceID"="{path}"
"DriverDesc"="Adapter {number}"
"Characteristics"=dword:{characteristics:08x}
"*IfType"=dword:00000006
"NetLuidIndex"=dword:{number:08x}
{more}
[{_NETWORK}\\{guid(number)}\\Connection]
"Name"="{name}"
"""


def bound(number, *drivers):
    """What is bound to an adapter (UpperBind)."""
    listed = ",".join(f'"{driver}"' for driver in drivers)
    return f'[{_CLASS}\\{number:04d}\\Linkage]\n"UpperBind"=multi:{listed}\n'


def shares_files(*numbers):
    """The interfaces by which files are shared."""
    listed = ",".join(f'"\\\\Device\\\\NetBT_Tcpip_{guid(number)}"' for number in numbers)
    return f'[ControlSet001\\Services\\LanmanServer\\Linkage]\n"Bind"=multi:{listed}\n'


def route4(number, prefix, length, gateway):
    """A route of IPv4 in Nsi; prefix, gateway: in 8 digits."""
    key = "00000000" + prefix + f"{length:02x}" + "000000" + "00" * 12 + luid(number) * 2 + gateway + "00000000"
    return f'[{NSI}0-9b1a-11d4-9123-0050047759bc}}\\16]\n"{key}"=hex:{",".join(["ff"] * 56)}\n'


def device(instance, slot):
    """The key of a device: slot is the number of its PCI slot."""
    return f'[ControlSet001\\Enum\\{instance}]\n"UINumber"=dword:{slot:08x}\n'


def ipv4(number, *addresses, gateway="", servers="", mask="255.255.255.0", **values):
    """The configuration of IPv4; without addresses it is DHCP's."""
    listed = ",".join(f'"{address}"' for address in addresses)
    masks = ",".join(f'"{mask}"' for _address in addresses)
    more = "\n".join(f'"{key}"={value}' for key, value in values.items())
    static = (
        f'"IPAddress"=multi:{listed}\n"SubnetMask"=multi:{masks}\n"DefaultGateway"=multi:"{gateway}"\n'
        if addresses
        else ""
    )
    return f"""[ControlSet001\\Services\\Tcpip\\Parameters\\Interfaces\\{guid(number).lower()}]
"EnableDHCP"=dword:{int(not addresses):08x}
"NameServer"="{servers}"
{static}{more}
"""


def permanent_mac(number, mac):
    """The MAC address of an interface's hardware, as Windows 10 and later have it."""
    digits = ",".join(mac.split(":"))
    return (
        f"[ControlSet001\\Control\\NetworkSetup2\\Interfaces\\{guid(number)}\\Kernel]\n"
        f'"PermanentAddress"=hex:{digits}\n'
    )


def luid(number):
    """The LUID of an interface, in the digits of Nsi."""
    return f"000000{number:02x}00000600"


def ipv6(number, address, prefix):
    """A static address of IPv6; address: in 32 digits."""
    data = ",".join([*["ff"] * 8, *"10 00 00 00 10 00 00 00".split(), f"{prefix:02x}", "00", "00", "00", *["ff"] * 12])
    return f'[{NSI}1-9b1a-11d4-9123-0050047759bc}}\\10]\n"{luid(number)}{address}"=hex:{data}\n'


def metric6(number, metric):
    """The metric of an interface for IPv6."""
    data = ",".join([*["ff"] * 28, f"{metric:02x}", "00", "00", "00", *["ff"] * 8])
    return f'[{NSI}1-9b1a-11d4-9123-0050047759bc}}\\7]\n"{luid(number)}"=hex:{data}\n'


def route6(number, prefix, length, gateway, metric=0xFF):
    """A route of IPv6; prefix, gateway: in 32 digits."""
    key = "00000000" + prefix + f"{length:02x}" + "000000" + "00" * 16 + luid(number) * 2 + gateway
    high = "ff" if metric == 0xFF else "00"
    data = ",".join([*["ff"] * 12, f"{metric:02x}", *[high] * 3, *["ff"] * 24])
    return f'[{NSI}1-9b1a-11d4-9123-0050047759bc}}\\16]\n"{key}"=hex:{data}\n'


def persistent_routes(*names):
    """Routes of `route -p`."""
    lines = "\n".join(f'"{name}"=""' for name in names)
    return f"[ControlSet001\\Services\\Tcpip\\Parameters\\PersistentRoutes]\n{lines}\n"
