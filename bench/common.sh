# Sourced by bench/run: what the benchmarks share. Each bench/NAME/bench.sh is a script of its own on top of this.

launcher=testkit/src/main/resources/dev/virtwire/testkit/private-libvirtd
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
child=
libvirtd_pid=
folder=
in_memory=no

die() {
    echo "error: $*" >&2
    exit 1
}

say() {
    echo "$*" >&2
}

# Runs a command so that our own end is its end too, and shows what it printed if it fails.
quietly() {
    local status=0
    "$@" > "$log" 2>&1 < /dev/null &
    child=$!
    wait "$child" || status=$?
    child=
    if [ "$status" -ne 0 ]; then
        cat "$log" >&2
        die "this failed with status $status: $*"
    fi
}

finish() {
    local status=$?
    trap - EXIT
    if [ -n "$child" ]; then
        kill "$child" 2> /dev/null || true
        wait "$child" 2> /dev/null || true
    fi
    if [ -n "$libvirtd_pid" ]; then
        exec {to_libvirtd}>&- # the end of its input is what ends libvirtd and the guest
        wait "$libvirtd_pid" 2> /dev/null || true
    fi
    [ "$in_memory" = no ] || as_root umount "$folder"
    [ -z "$folder" ] || as_root rm -rf "$folder"
    as_root rm -rf "$work"
    exit "$status"
}

# number NAME DEFAULT [MINIMUM]: sets a variable from the environment or by default, and refuses what is no number.
number() {
    local value=${!1:-$2}
    [[ $value =~ ^[0-9]+$ ]] && [ "$value" -ge "${3:-1}" ] || die "$1 has to be a whole number from ${3:-1} on, not '$value'"
    printf -v "$1" '%s' "$value"
}

# ---------------------------------------------------------------------------------------------------------------------
# The stage.

# Installs what all benchmarks need, and the named packages.
need() {
    local packages=("$@")
    command -v javac > /dev/null || packages+=(openjdk-17-jdk-headless)
    command -v mvn > /dev/null || packages+=(maven)
    install_packages gcc libc6-dev "${packages[@]}" >&2
}

# Maven only where it has something to do: it takes longer to find that out than some of the benchmarks.
build() {
    local stamp=bench/target/.built
    if [ ! -e "$stamp" ] || [ -n "$(find . \( -name target -o -name .git -o -name test \) -prune \
        -o \( -name pom.xml -o -path '*/src/*' \) -type f -newer "$stamp" -print -quit)" ]; then
        say "Building …"
        rm -rf bench/target/lib # Maven leaves older versions there
        mkdir "$work/built"
        quietly mvn --batch-mode -q -DskipTests -Dspotless.check.skip -pl bench -am package
        touch -r "$work/built" "$stamp" # what changes from the start of the build on counts as new
    fi
    classpath="$(echo bench/target/virtwire-bench-*.jar):bench/target/lib/*"
    compile_c bench/measure.c bench/target/measure
}

# make_folder MIB VARIABLE...: sets $folder, a place for so many MiB, and $in_memory. It is memory if there is enough, and
# else the disk in /tmp; FOLDER in the environment says where. No file in /dev/shm: a private libvirtd has its own there.
make_folder() {
    local mib=$1 place=${FOLDER:-/tmp} free
    shift
    free=$(awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo)
    if [ -z "${FOLDER:-}" ] && [ "$free" -gt $((mib + 2048)) ]; then
        folder=$(mktemp -d /tmp/vb.XXXXXX)
        as_root mount -t tmpfs -o "size=${mib}m,mode=700,uid=$(id -u),gid=$(id -g)" tmpfs "$folder"
        in_memory=yes
        return 0
    fi
    [ -n "${FOLDER:-}" ] || say "warning: there is no memory for $mib MiB: using /tmp, so disks will be in the figures"
    free=$(df --output=avail -m "$place" 2> /dev/null | tail -n 1)
    [ "${free:-0}" -gt "$mib" ] || die "$place has no room for $mib MiB: set $* lower, or FOLDER"
    folder=$(mktemp -d "$place/vb.XXXXXX")
}

# Writes to all of a folder in memory once. In a virtual machine the first touch of each page costs more than all of a
# copy, and the first tool would pay for the others.
touch_memory() {
    local mib
    [ "$in_memory" = yes ] || return 0
    mib=$(($(df --output=avail -m "$folder" | tail -n 1) - 1))
    dd if=/dev/zero of="$folder/memory" bs=1M count="$mib" status=none
    rm "$folder/memory"
}

# make_disk MIB: a qcow2 disk of DISK_MIB with so many MiB of random bytes, in runs of 64 MiB that are spread evenly. So
# data and holes take turns as they do on a disk in use.
make_disk() {
    local raw=$folder/disk.raw run=$(($1 < 64 ? $1 : 64)) runs at
    runs=$(($1 / run))
    truncate -s "${DISK_MIB}M" "$raw"
    for ((at = 0; at < runs; at++)); do
        dd if=/dev/urandom of="$raw" bs=1M count="$run" seek=$((at * DISK_MIB / runs)) iflag=fullblock conv=notrunc \
            status=none
    done
    qemu-img convert -f raw -O qcow2 "$raw" "$folder/disk.qcow2"
    rm "$raw"
}

# compile_c SOURCE PROGRAM FLAGS...
compile_c() {
    local source=$1 program=$2
    shift 2
    [ "$program" -nt "$source" ] || quietly cc -std=gnu11 -O2 -Wall -Wextra -Werror -o "$program" "$source" "$@"
}

# start_libvirtd OPTION...: with options of the launcher. Sets $directory, $unix and $tcp, and $test, where its built-in test
# driver is reached over TCP.
start_libvirtd() {
    local key value launcher_options=("$@")
    coproc LIBVIRTD { exec bash "$launcher" "${launcher_options[@]}" 2> "$work/libvirtd.stderr"; }
    libvirtd_pid=$LIBVIRTD_PID
    exec {to_libvirtd}>&"${LIBVIRTD[1]}" {from_libvirtd}<&"${LIBVIRTD[0]}"
    eval "exec ${LIBVIRTD[1]}>&- ${LIBVIRTD[0]}<&-"
    while read -r key value <&"$from_libvirtd"; do
        case "$key" in
            directory) directory=$value ;;
            unix) unix=$value ;;
            tcp) tcp=$value ;;
            ready)
                test=test+${tcp#qemu+}
                test=${test%/system}/default
                return 0
                ;;
        esac
    done
    cat "$work/libvirtd.stderr" >&2
    die "no private libvirtd"
}

# ---------------------------------------------------------------------------------------------------------------------
# Samples and what is made of them. A sample is a line of tab-separated fields: row, the row to compare it with, values.

sample() {
    local IFS=$'\t'
    echo "$*" >> "$samples"
}

# measured ROW REFERENCE COMMAND...: runs it and takes a sample: wall ms, CPU ms, peak resident MiB.
measured() {
    local row=$1 reference=$2 wall cpu peak
    shift 2
    quietly as_root bench/target/measure "$work/measured" "$@"
    read -r wall cpu peak _ < "$work/measured"
    sample "$row" "$reference" "$wall" "$cpu" "$peak"
}

load() {
    local one five fifteen
    IFS=' ' read -r one five fifteen _ < /proc/loadavg
    echo "$one, $five, $fifteen"
}

# machine VERSION...: the head of a report. To be called first: it also notes the load that others make.
machine() {
    local line
    echo "$(cpu_name), $(nproc) CPUs; $(os_name), Linux $(uname -r)"
    for line; do
        echo "$line"
    done
    load_before=$(load)
    if [ "$(awk -v n="$(nproc)" '{ print ($1 > n / 2) }' /proc/loadavg)" = 1 ]; then
        say "warning: this machine is busy (load average $load_before on $(nproc) CPUs): the figures will say little"
    fi
}

cpu_name() {
    sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1
}

os_name() {
    (source /etc/os-release && echo "$PRETTY_NAME")
}

java_version() {
    "$java" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.runtime\.version = /Java /p'
}

package_version() {
    dpkg-query -W -f='${Package} ${Version}' "$1"
}

# table COLUMN...: medians of all samples, each with its ratio to that of its reference row, and the first column's
# spread.
table() {
    local IFS=$'\t'
    echo "Load average before: $load_before; at the end: $(load). Medians of $rounds rounds."
    echo
    awk -v columns="$*" -v medians="$work/medians" -f bench/table.awk "$samples"
}

# ratio TEXT ROW REFERENCE COLUMN: one more line under the table.
ratio() {
    awk -F '\t' -v text="$1" -v row="$2" -v reference="$3" -v column="$4" '
        $1 == row && $2 == column { a = $3 }
        $1 == reference && $2 == column { b = $3 }
        END { if (a != "" && b > 0) printf "%-78s %5.2f\n", text, a / b }' "$work/medians"
}

# peer NAME: the version of a jar that the Java programs run with.
peer() {
    local jar
    jar=$(echo "bench/target/lib/$1"-[0-9]*.jar)
    jar=${jar##*/"$1"-}
    echo "${jar%.jar}"
}
