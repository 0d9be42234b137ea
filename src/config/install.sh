# SPDX-License-Identifier: Apache-2.0
# Sourced by check, quickstart and bench/run: puts Debian packages on the machine, if they are not there yet.

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

# Prints, sorted, the units that systemd starts at boot because of a link in /etc, which is what a package's scripts make.
enabled_units() {
    find /etc/systemd/system -type l -path '*.wants/*' -printf '%f\n' 2> /dev/null | sort -u
}

# Installs those of the named packages that are missing. Services that they bring are neither started by us nor left to
# start with the machine: the guard keeps a package's scripts from starting a system-wide libvirtd or sshd where none ran,
# and what they enabled is disabled again. What was enabled before stays so.
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
    local guard=/usr/sbin/policy-rc.d guarded=no systemd=no enabled brought
    if [ ! -e "$guard" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" > /dev/null
        as_root chmod 755 "$guard"
        guarded=yes
    fi
    # Where systemd itself is brought along, nothing boots by it, and its own units are none of our business.
    ! command -v systemctl > /dev/null || systemd=yes
    enabled=$(enabled_units)
    local status=0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        > /dev/null || status=$?
    [ "$guarded" = yes ] && as_root rm -f "$guard"
    if [ "$systemd" = yes ]; then
        mapfile -t brought < <(comm -13 <(echo "$enabled") <(enabled_units))
        [ "${#brought[@]}" -eq 0 ] || as_root systemctl --quiet disable "${brought[@]}" 2> /dev/null \
            || echo "warning: these are enabled now, and could not be disabled: ${brought[*]}" >&2
    fi
    return "$status"
}
