# Messages: bytes to values and values to bytes, by JMH, which takes care of rounds and warm-up itself.
number FORKS 2
number ITERATIONS 5
number MILLISECONDS_EACH 1000
rounds=$((FORKS * ITERATIONS))

need
build
machine "$(java_version), JMH $(peer jmh-core)"
say "This takes about $((15 * FORKS * 2 * ITERATIONS * MILLISECONDS_EACH / 60000 + 1)) minutes …"
quietly "$java" -cp "$classpath" dev.virtwire.bench.xdr.XdrBench "$FORKS" "$ITERATIONS" "$MILLISECONDS_EACH" "$work/jmh"
grep $'\t' "$log" >> "$samples"
table "ns" "MB/s" "=allocated bytes"
