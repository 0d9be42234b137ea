# The start of the command, as a whole process: the least that it does with a server.
number ROUNDS 20
rounds=$ROUNDS

need "${hypervisor_packages[@]}"
build
start_libvirtd
machine "libvirtd and virsh $(virsh --version), $(java_version)"

# What comes before is paid once on each machine: files that are not in the page cache yet.
quietly ./virtwire -c "$test" domains
for ((round = 1; round <= rounds; round++)); do
    measured "virsh list" "virsh list" virsh -q -c "$test" list --all
    measured "virtwire domains" "virsh list" ./virtwire -c "$test" domains
    measured "virtwire version" "virsh list" ./virtwire version
    measured "a Java that does nothing" "virsh list" "$java" -Xshare:auto -XX:-UsePerfData -XX:TieredStopAtLevel=1 \
        -XX:+UseSerialGC -cp bench/target/virtwire-bench-*.jar dev.virtwire.bench.start.Nothing
done

table "wall ms" "CPU ms" "peak MiB"
ratio "virtwire domains against a Java that does nothing, wall time" \
    "virtwire domains" "a Java that does nothing" 1
