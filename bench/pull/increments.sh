# Sourced by bench.sh: increments of two sizes, so that what a backup costs at all can be told from what a change costs.
# Each tool goes on from a full backup of its own, in the same folder.

small=1
large=$CHANGED_MIB
patterns=0

# overwrites MIB: the guest's disk, in runs of 4 MiB at most, spread evenly, each time with other bytes.
overwrites() {
    local mib=$1 run=$(($1 < 4 ? $1 : 4)) runs at commands=
    runs=$((mib / run))
    patterns=$((patterns % 255 + 1))
    for ((at = 0; at < runs; at++)); do
        commands+="qemu-monitor-command $guest --hmp 'qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend"
        commands+=" \"write -P $patterns $((at * (DISK_MIB / runs)))M ${run}M\"';"
    done
    quietly virsh -q -c "$unix" "$commands"
}

# The read alone, by a program on libnbd. The job and its export are there before it is measured.
reads_changes() {
    local row="libnbd, reading $1 MiB of changes"
    quietly virsh -q -c "$unix" backup-begin "$guest" "$work/backup.xml" "$work/checkpoint.xml"
    end_job
    overwrites "$1"
    quietly virsh -q -c "$unix" backup-begin "$guest" "$work/increment.xml"
    measured "$row" "$row" bench/target/changes "$folder/export.sock" vda qemu:dirty-bitmap:backup-vda $(($1 << 20))
    end_job
    clear_up
}

# increments NAME COMMAND...: of both sizes, by a tool whose full backup is there.
increments() {
    local name=$1 mib
    shift
    for mib in "$small" "$large"; do
        overwrites "$mib"
        measured "$name, increment of $mib MiB" "libnbd, reading $mib MiB of changes" "$@"
    done
}

one_round_of_increments() {
    clear_up
    reads_changes "$small"
    reads_changes "$large"
    quietly as_root virtnbdbackup -U "$local" -d "$guest" -l full -n -S "$folder" -f "$folder/peer.sock" \
        -o "$folder/out/backup"
    increments virtnbdbackup virtnbdbackup -U "$local" -d "$guest" -l inc -n -S "$folder" -f "$folder/peer.sock" \
        -o "$folder/out/backup"
    clear_up
    quietly as_root ./virtwire -c "$unix" backup "$guest" "$folder/out/repository"
    increments virtwire ./virtwire -c "$unix" backup "$guest" "$folder/out/repository" --level incremental
    if [ "$round" -eq 1 ]; then
        quietly as_root qemu-img compare -U -f qcow2 -F qcow2 "$folder/disk.qcow2" \
            "$(as_root find "$folder/out/repository" -name '*.qcow2' | sort | tail -n 1)"
    fi
}

# cost NAME SMALL_ROW LARGE_ROW: what a program takes at least, and for each MiB that changed, beside the read of it.
cost() {
    awk -F '\t' -v name="$1" -v small_row="$2" -v large_row="$3" -v mib="$((large - small))" \
        -v base_small="libnbd, reading $small MiB of changes" -v base_large="libnbd, reading $large MiB of changes" '
        $2 == 1 { wall[$1] = $3 }
        END {
            each = (wall[large_row] - wall[small_row]) / mib
            base = (wall[base_large] - wall[base_small]) / mib
            printf "%s: %.0f ms, and %.2f ms for each MiB that changed, %.2f times the read of it\n", name,
                wall[small_row], each, (base > 0 ? each / base : 0)
        }' "$work/medians"
}

costs() {
    cost "virtwire, an increment" "virtwire, increment of $small MiB" "virtwire, increment of $large MiB"
    cost "virtnbdbackup, an increment" "virtnbdbackup, increment of $small MiB" "virtnbdbackup, increment of $large MiB"
}
