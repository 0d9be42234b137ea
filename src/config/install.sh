# SPDX-License-Identifier: Apache-2.0
# Sourced by check and quickstart: puts Debian packages on the machine, if they are not there yet.

# Runs a command as root: as it is, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo > /dev/null; then
        sudo "$@"
    else
        echo "error: root is needed for: $*" >&2
        echo "       run this script as root, or install sudo" >&2
        return 1
    fi
}

# What a private libvirtd with QEMU needs. Newer Debians have libvirt's drivers in packages of their own.
hypervisor_packages=(libvirt-daemon libvirt-daemon-driver-qemu "libvirt-daemon-driver-interface?"
    "libvirt-daemon-driver-network?" "libvirt-daemon-driver-nodedev?" "libvirt-daemon-driver-nwfilter?"
    "libvirt-daemon-driver-secret?" "libvirt-daemon-driver-storage?" libvirt-clients qemu-system-x86 qemu-utils seabios
    util-linux)

# Prints those of the named packages that are missing here; of those with "?" behind their name, only what apt knows.
missing_packages() {
    local package installed known=
    installed=" $(dpkg-query -W -f='${db:Status-Status}:${Package} ' "${@%\?}" 2> /dev/null || true)"
    for package in "$@"; do
        [[ $installed != *" installed:${package%\?} "* ]] || continue
        if [ "${package%\?}" != "$package" ]; then
            [ -n "$known" ] || known=" $(apt-cache pkgnames | tr '\n' ' ')"
            [[ $known == *" ${package%\?} "* ]] || continue
        fi
        echo "${package%\?}"
    done
}

# Installs those of the named packages that are missing. Services they bring are not started by us: the guard keeps
# a package's scripts from starting a system-wide libvirtd where none ran.
install_packages() {
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -eq 0 ] && return 0

    if ! command -v apt-get > /dev/null; then
        echo "error: these Debian packages are missing and there is no apt-get here: ${missing[*]}" >&2
        return 1
    fi
    as_root apt-get update -qq
    mapfile -t missing < <(missing_packages "$@")
    echo "Installing ${missing[*]}"
    local guard=/usr/sbin/policy-rc.d guarded=no
    if [ ! -e "$guard" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" > /dev/null
        as_root chmod 755 "$guard"
        guarded=yes
    fi
    local status=0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        > /dev/null || status=$?
    [ "$guarded" = yes ] && as_root rm -f "$guard"
    return "$status"
}
