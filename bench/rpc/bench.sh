# Calls: the same one, on the same daemon, over one TCP connection, by each client.
number ROUNDS 3
number WARMUP 5
number SECONDS_EACH 3
rounds=$ROUNDS
NO_NATIVE=${NO_NATIVE:-false}

need "${hypervisor_packages[@]}" libvirt-dev golang-go golang-github-digitalocean-go-libvirt-dev
build
compile_c bench/rpc/libvirt.c bench/target/rpc-libvirt -lvirt -lpthread
[ bench/target/rpc-golibvirt -nt bench/rpc/golibvirt.go ] || quietly env GO111MODULE=off GOPATH=/usr/share/gocode \
    GOCACHE="$work/go" GOFLAGS= go build -o bench/target/rpc-golibvirt bench/rpc/golibvirt.go

start_libvirtd
machine "libvirtd and libvirt.so $(virsh --version), $(java_version), $(go version | cut -d ' ' -f 3)" \
    "$(package_version golang-github-digitalocean-go-libvirt-dev); libvirt-java $(peer libvirt), JNA $(peer jna)"

# client NAME MODE COMMAND...: one measurement. Compared with the C program with as many callers.
client() {
    local row=$1 mode=$2 callers=${2#*:} values
    shift 2
    quietly "$@" "$test" "$mode" "$WARMUP" "$SECONDS_EACH"
    read -ra values < <(tail -n 1 "$log")
    sample "$row" "C, $(callers "$callers")" "${values[@]}"
}

callers() {
    [ "$1" -eq 1 ] && echo "alone" || echo "$1 callers"
}

for ((round = 1; round <= rounds; round++)); do
    say "Round $round of $rounds …"
    for n in 1 4 8; do
        client "C, $(callers $n)" "blocking:$n" bench/target/rpc-libvirt
        client "go-libvirt, $(callers $n)" "blocking:$n" bench/target/rpc-golibvirt
        client "libvirt-java, $(callers $n)" "blocking:$n" \
            "$java" -cp "$classpath" dev.virtwire.bench.rpc.LibvirtJavaRpc
        virtwire=("$java" -Dio.netty.transport.noNative="$NO_NATIVE" -cp "$classpath" dev.virtwire.bench.rpc.VirtwireRpc)
        client "virtwire, $(callers $n)" "blocking:$n" "${virtwire[@]}"
        client "virtwire, $n in flight" "chained:$n" "${virtwire[@]}"
        client "virtwire, $n in flight, Runnable::run" "inline:$n" "${virtwire[@]}"
        loops=$(grep '^event loops: ' "$log")
    done
done

echo "Virtwire's $loops"
table "us a call" "calls/s" "client CPU us"
ratio "latency of a blocking call, alone, against C" "virtwire, alone" "C, alone" 1
ratio "client CPU a call, 4 in flight, against C with 4 callers" "virtwire, 4 in flight" "C, 4 callers" 3
best=$(awk -F '\t' '$2 == 2 && $1 ~ /, 8 callers$/ && $1 !~ /^virtwire/ && $3 > most { most = $3; row = $1 } END { print row }' \
    "$work/medians")
ratio "calls a second, 8 in flight, against the best peer's with 8 callers ($best)" "virtwire, 8 in flight" "$best" 2
