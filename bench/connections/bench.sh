# Many connections of one JVM to one daemon: what each of them costs.
number CONNECTIONS 200
number HOLD 10
number ROUNDS 3
rounds=$ROUNDS

need "${hypervisor_packages[@]}"
build

start_libvirtd --libvirtd-conf "max_clients = $((CONNECTIONS + 100))" \
    --libvirtd-conf "max_anonymous_clients = $((CONNECTIONS + 100))" --libvirtd-conf "keepalive_interval = 1"
machine "libvirtd $(virsh --version), $(java_version)"
row="$CONNECTIONS connections"
for ((round = 1; round <= rounds; round++)); do
    say "Round $round of $rounds …"
    # A fixed heap: what is resident would else grow for reasons of its own.
    quietly "$java" -Xms256m -Xmx256m -cp "$classpath" dev.virtwire.bench.connections.Connections "$test" \
        "$CONNECTIONS" "$HOLD"
    read -ra values < <(tail -n 1 "$log")
    sample "$row" "$row" "${values[@]}"
done

table "ms to connect" "event loops" "threads" "heap KiB each" "RSS KiB each" "CPU ms a second"
