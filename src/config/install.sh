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

# Installs those of the named packages that are missing. Services they bring are not started by us: the guard keeps
# a package's scripts from starting a system-wide libvirtd where none ran.
install_packages() {
    local missing=() package
    for package in "$@"; do
        if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null)" != installed ]; then
            missing+=("$package")
        fi
    done
    [ "${#missing[@]}" -eq 0 ] && return 0

    if ! command -v apt-get > /dev/null; then
        echo "error: these Debian packages are missing and there is no apt-get here: ${missing[*]}" >&2
        return 1
    fi
    echo "Installing ${missing[*]}"
    as_root apt-get update -qq
    local guard=/usr/sbin/policy-rc.d guarded=no
    if [ ! -e "$guard" ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" > /dev/null
        as_root chmod 755 "$guard"
        guarded=yes
    fi
    local status=0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" || status=$?
    [ "$guarded" = yes ] && as_root rm -f "$guard"
    return "$status"
}
