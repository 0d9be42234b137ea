# Full backups of one disk, and increments, by each tool, from memory to memory.
number DISK_MIB 8192 64
number DATA_MIB 2048
number CHANGED_MIB 1024 8
number ROUNDS 3
rounds=$ROUNDS
TRANSPORT=${TRANSPORT:-unix}
[[ $TRANSPORT =~ ^(unix|tls|ssh)$ ]] || die "the transport is one of unix, tls and ssh, not '$TRANSPORT'"
[ "$DATA_MIB" -le "$DISK_MIB" ] || die "DATA_MIB is larger than DISK_MIB"
[ $((2 * CHANGED_MIB)) -le "$DISK_MIB" ] && [ $((CHANGED_MIB % 4)) -eq 0 ] \
    || die "CHANGED_MIB has to be a multiple of 4, and half of DISK_MIB at most"

need "${hypervisor_packages[@]}" virtnbdbackup libnbd-bin libnbd-dev openssl openssh-client openssh-server
build
compile_c bench/pull/changes.c bench/target/changes -lnbd
source bench/pull/increments.sh
source bench/pull/remote.sh

guest=bench
vw="virtwire, pull to qcow2"
reference="nbdcopy to raw"

# It has no operating system, so nothing writes to its disk: what is measured is the copy.
start_guest() {
    cat > "$work/guest.xml" << END
<domain type='qemu'>
  <name>$guest</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='$folder/disk.qcow2'/>
      <target dev='vda' bus='virtio'/></disk>
    <controller type='usb' model='none'/><memballoon model='none'/>
  </devices>
</domain>
END
    cat > "$work/backup.xml" << END
<domainbackup mode='pull'>
  $server
  <disks><disk name='vda' backup='yes' type='file'><scratch file='$folder/scratch.qcow2'/></disk></disks>
</domainbackup>
END
    echo "<domaincheckpoint><name>bench</name></domaincheckpoint>" > "$work/checkpoint.xml"
    sed 's:<server:<incremental>bench</incremental>&:' "$work/backup.xml" > "$work/increment.xml"
    quietly virsh -q -c "$unix" define "$work/guest.xml"
    quietly virsh -q -c "$unix" start "$guest"
    sleep 5 # its firmware looks for something to boot, and then waits for ever
}

# Empties the folder for the next tool, and the guest of the checkpoint that the last one may have left.
clear_up() {
    local checkpoint
    as_root rm -rf "$folder/out"
    mkdir "$folder/out"
    for checkpoint in $(virsh -q -c "$unix" checkpoint-list "$guest" --name); do
        quietly virsh -q -c "$unix" checkpoint-delete "$guest" "$checkpoint"
    done
}

end_job() {
    quietly virsh -q -c "$unix" domjobabort "$guest"
    as_root rm -f "$folder/export.sock" "$folder/scratch.qcow2"
}

# copies ROW COMMAND...: what reads an export but knows nothing of libvirt. The export is there before it is measured.
copies() {
    clear_up
    measured "$1" "$reference" "${@:2}"
}

# backs_up ROW COMMAND...: what does all of it, from the start of the process to a finished backup.
backs_up() {
    clear_up
    measured "$1" "$reference" "${@:2}"
}

one_round() {
    local export="nbd+unix:///vda?socket=$folder/export.sock" images
    quietly virsh -q -c "$unix" backup-begin "$guest" "$work/backup.xml"
    copies "nbdcopy to null" nbdcopy "$export" null:
    copies "$reference" nbdcopy "$export" "$folder/out/vda.raw"
    copies "qemu-img convert to qcow2" qemu-img convert -f raw -O qcow2 "$export" "$folder/out/vda.qcow2"
    copies "qemu-img convert -W -m 16 to qcow2" \
        qemu-img convert -W -m 16 -f raw -O qcow2 "$export" "$folder/out/vda.qcow2"
    end_job

    backs_up "virtnbdbackup" virtnbdbackup -U "$local" -d "$guest" -l full -n -S "$folder" -f "$folder/peer.sock" \
        -o "$folder/out/backup"
    backs_up "virtnbdbackup -z" virtnbdbackup -U "$local" -d "$guest" -l full -n -z -S "$folder" \
        -f "$folder/peer.sock" -o "$folder/out/backup"

    # Nobody reads a push back, which is a warning: exit code 4.
    # shellcheck disable=SC2016
    backs_up "virtwire, push" sh -c '"$@" || [ $? -eq 4 ]' sh ./virtwire -c "$unix" backup "$guest" "$folder/out/repository" --mode push \
        --target "$folder/out"
    if [ "$compresses" = yes ]; then
        backs_up "virtwire, pull to qcow2, zstd" ./virtwire -c "$unix" backup "$guest" "$folder/out/repository" \
            --compress zstd
    fi
    backs_up "$vw, 64 MiB heap" env VIRTWIRE_OPTS="-Xmx64m -XX:MaxDirectMemorySize=128m" \
        ./virtwire -c "$unix" backup "$guest" "$folder/out/repository"
    backs_up "$vw" ./virtwire -c "$unix" backup "$guest" "$folder/out/repository"

    # The files of that last one are still there.
    mapfile -t images < <(as_root find "$folder/out/repository" -type f)
    measured "cat of its files" "cat of its files" sh -c 'cat "$@" > /dev/null' - "${images[@]}"
    measured "virtwire verify of it" "cat of its files" ./virtwire verify "$folder/out/repository"
    if [ "$round" -eq 1 ]; then
        for image in "${images[@]}"; do
            case "$image" in
                *.qcow2) quietly as_root qemu-img compare -U -f qcow2 -F qcow2 "$folder/disk.qcow2" "$image" ;;
            esac
        done
    fi
}

compresses=no
! ./virtwire backup --help | grep -q -e --compress || compresses=yes

# The disk, which grows with what is overwritten, scratch, one copy of it with its increments, and some more.
make_folder $((4 * DATA_MIB + 3 * CHANGED_MIB + 512)) DATA_MIB and CHANGED_MIB
touch_memory
say "Making a disk of $DISK_MIB MiB with $DATA_MIB MiB of random data in $folder …"
make_disk "$DATA_MIB"
if [ "$TRANSPORT" = unix ]; then
    start_libvirtd
    server="<server transport='unix' socket='$folder/export.sock'/>"
else
    "prepare_$TRANSPORT"
fi
local=${unix/+unix/} # virtnbdbackup takes every + for a remote host that wants a password
start_guest
machine "libvirtd $(virsh --version), QEMU $(qemu-img --version | sed -n '1s/.*version \([^ ]*\).*/\1/p'), $(java_version)" \
    "$(package_version virtnbdbackup), $(nbdcopy --version | head -n 1)" \
    "Disk of $DISK_MIB MiB with $DATA_MIB MiB of random data, all files in $folder, the host reached by $TRANSPORT"
for ((round = 1; round <= rounds; round++)); do
    say "Round $round of $rounds …"
    if [ "$TRANSPORT" = unix ]; then
        one_round
        one_round_of_increments
    else
        one_remote_round
    fi
done

table "wall ms" "CPU ms" "peak MiB"
ratio "full pull to qcow2, whole process, against nbdcopy to raw" "$vw" "$reference" 1
[ "$TRANSPORT" = unix ] || exit 0
ratio "virtnbdbackup against full pull to qcow2" "virtnbdbackup" "$vw" 1
ratio "virtnbdbackup with lz4 against full pull with zstd" "virtnbdbackup -z" "$vw, zstd" 1
ratio "verify against reading the files" "virtwire verify of it" "cat of its files" 1
costs
