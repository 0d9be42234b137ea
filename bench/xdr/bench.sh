# Messages: bytes to values and values to bytes, by JMH, which takes care of rounds and warm-up itself.
number FORKS 2
number ITERATIONS 5
number MILLISECONDS_EACH 1000
rounds=$((FORKS * ITERATIONS))

need
build
machine "$(java_version), JMH $(peer jmh-core)"
say "This takes about $((20 * FORKS * 2 * ITERATIONS * MILLISECONDS_EACH / 60000 + 1)) minutes …"
quietly "$java" -cp "$classpath" dev.virtwire.bench.xdr.XdrBench "$FORKS" "$ITERATIONS" "$MILLISECONDS_EACH" "$work/jmh"
grep $'\t' "$log" >> "$samples"
table "ns" "MB/s" "=allocated bytes"
stats=$(sed -n 's/\t.*//; /^statistics of 1000 domains.*: read$/{p;q}' "$samples")
ratio "reading the statistics of 1000 domains, against a reader written by hand" "$stats" "$stats by hand" 1
