// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.xdr;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What the generated codec of {@link Message#STATS_OF_1000_DOMAINS} is to be compared with. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ByHandBenchmark {
    @SuppressWarnings("NullAway.Init") // set up below
    private ByteBuf wire;

    /** Writes once, to have something to read. */
    @Setup
    public void prepare() {
        byte[] bytes = Message.STATS_OF_1000_DOMAINS.body().bytes();
        wire = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
    }

    /** Gives the buffer back. */
    @TearDown
    public void release() {
        wire.release();
    }

    /** Bytes to values. */
    @Benchmark
    public Object readByHand() {
        wire.readerIndex(0);
        return new StatsByHand(wire).read();
    }
}
