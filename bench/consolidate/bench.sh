# Points that are merged into the next one, beside qemu-img on copies of the same images.
number DISK_MIB 65536 64
number DATA_MIB 8192 4
number LARGE_MIB $((4 * DATA_MIB)) 0
number CHANGED_MIB 1024 2
number ROUNDS 3
rounds=$ROUNDS
[ "$DATA_MIB" -le "$DISK_MIB" ] && [ "$LARGE_MIB" -le "$DISK_MIB" ] || die "DATA_MIB or LARGE_MIB is larger than DISK_MIB"
[ $((16 * CHANGED_MIB)) -le "$DISK_MIB" ] || die "CHANGED_MIB has to be a sixteenth of DISK_MIB at most"

need "${hypervisor_packages[@]}" strace
build

guest=bench
patterns=0
most=$((LARGE_MIB > DATA_MIB ? LARGE_MIB : DATA_MIB))

# It has no operating system: only this script writes to its disk, while it is off.
define_guest() {
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
    quietly virsh -q -c "$unix" define "$work/guest.xml"
}

# overwrites SHAPE: CHANGED_MIB of the guest's disk, each time with other bytes. The bitmaps in the image note it.
overwrites() {
    local kib runs at
    case "$1" in
        runs) kib=1024 ;;
        scattered) kib=64 ;;
    esac
    runs=$((CHANGED_MIB * 1024 / kib))
    patterns=$((patterns % 255 + 1))
    for ((at = 0; at < runs; at++)); do
        echo "write -q -P $patterns $((at * (DISK_MIB / runs)))M ${kib}k"
    done > "$work/writes"
    quietly as_root sh -c 'qemu-io -f qcow2 "$1" < "$2"' - "$folder/disk.qcow2" "$work/writes"
}

backs_up() {
    quietly virsh -q -c "$unix" start "$guest"
    quietly as_root ./virtwire -c "$unix" backup "$guest" "$folder/repository"
    quietly virsh -q -c "$unix" destroy "$guest"
}

newest_image() {
    as_root find "$folder/repository" -name vda.qcow2 | sort | tail -n 1
}

# counted ROW REFERENCE COMMAND...: a sample of wall ms, CPU ms, peak MiB, and the MiB that were read and written.
counted() {
    local row=$1 reference=$2 wall cpu peak read written
    shift 2
    quietly as_root bench/target/measure "$work/measured" "$@"
    IFS=' ' read -r wall cpu peak read written < "$work/measured"
    sample "$row" "$reference" "$wall" "$cpu" "$peak" "$read" "$written"
}

# one_merge SHAPE NAME: two points become one. qemu-img commits a copy of the newer image into a copy of the older one.
one_merge() {
    local shape=$1 name=$2 base=$folder/peer/base.qcow2 top=$folder/peer/top.qcow2
    overwrites "$shape"
    backs_up
    as_root cp "$(newest_image)" "$top"
    quietly as_root qemu-img rebase -u -f qcow2 -b "$base" -F qcow2 "$top"
    quietly as_root sync -f "$folder"
    counted "qemu-img convert, $name" "qemu-img commit, $name" \
        qemu-img convert -f qcow2 -O qcow2 "$top" "$folder/peer/converted.qcow2"
    as_root rm "$folder/peer/converted.qcow2"
    counted "qemu-img commit, $name" "qemu-img commit, $name" \
        sh -c 'qemu-img commit -q -f qcow2 -d "$1" && sync "$2"' - "$top" "$base"
    as_root rm "$top"
    counted "virtwire prune, $name" "qemu-img commit, $name" \
        ./virtwire prune "$folder/repository" --keep-last 1 --quiet
}

# How often the block of an image is read that is read most: each read and its place, as the kernel saw them.
most_read() {
    local shape=$1 name=$2
    overwrites "$shape"
    backs_up
    quietly as_root strace -f -qq -y -s 0 -e trace=pread64 -o "$work/reads" \
        ./virtwire prune "$folder/repository" --keep-last 1 --quiet
    as_root cat "$work/reads" | awk -v name="$name" '
        match($0, /pread64\([0-9]+<[^>]*\.qcow2>/) && / = [0-9]+$/ {
            file = substr($0, RSTART, RLENGTH)
            parts = split($0, part, /[ ,()]+/)
            at = part[parts - 2]
            left = part[parts]
            while (left > 0) {
                block = int(at / 1048576)
                now = (block + 1) * 1048576 - at
                now = now < left ? now : left
                bytes[file, block] += now
                at += now
                left -= now
            }
        }
        END {
            for (each in bytes) {
                sum += bytes[each]
                blocks++
                if (bytes[each] > most) most = bytes[each]
            }
            printf "%-78s %5.2f\n", "reads of the most read 1 MiB block, " name, most / 1048576
            printf "%-78s %5.2f\n", "reads of a block that is read at all, on average, " name, sum / blocks / 1048576
        }' >> "$work/reads.table"
}

# one_size MIB: all of it over so much data.
one_size() {
    local data=$1 round
    as_root rm -rf "$folder/repository" "$folder/peer"
    mkdir "$folder/peer"
    patterns=0
    say "Making a disk of $DISK_MIB MiB with $data MiB of random data in $folder …"
    make_disk "$data"
    define_guest
    backs_up
    as_root cp "$(newest_image)" "$folder/peer/base.qcow2"
    for ((round = 1; round <= rounds; round++)); do
        say "$data MiB of data, round $round of $rounds …"
        one_merge runs "runs of 1 MiB over $data MiB"
        one_merge scattered "64 KiB a block over $data MiB"
    done
    quietly as_root qemu-img compare -f qcow2 -F qcow2 "$folder/disk.qcow2" "$(newest_image)"
    most_read runs "runs of 1 MiB over $data MiB"
    most_read scattered "64 KiB a block over $data MiB"
    quietly virsh -q -c "$unix" undefine "$guest" --checkpoints-metadata
}

# The guest's disk, the repository, the images that qemu-img commits to, and what it converts to.
make_folder $((4 * most + 8 * CHANGED_MIB + 512)) DATA_MIB and LARGE_MIB
touch_memory
start_libvirtd
machine "libvirtd $(virsh --version), QEMU $(qemu-img --version | sed -n '1s/.*version \([^ ]*\).*/\1/p'), $(java_version)" \
    "Disk of $DISK_MIB MiB, $CHANGED_MIB MiB changed, all files in $folder"
: > "$work/reads.table"
one_size "$DATA_MIB"
[ "$LARGE_MIB" -eq 0 ] || one_size "$LARGE_MIB"

table "wall ms" "CPU ms" "=peak MiB" "read MiB" "written MiB"
for name in "runs of 1 MiB" "64 KiB a block"; do
    ratio "merge of $name against qemu-img commit" "virtwire prune, $name over $DATA_MIB MiB" \
        "qemu-img commit, $name over $DATA_MIB MiB" 1
    [ "$LARGE_MIB" -eq 0 ] || ratio "merge of $name over $LARGE_MIB MiB of data against $DATA_MIB MiB" \
        "virtwire prune, $name over $LARGE_MIB MiB" "virtwire prune, $name over $DATA_MIB MiB" 1
done
cat "$work/reads.table"
