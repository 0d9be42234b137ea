// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.xdr;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Reads and writes a message's body in a direct buffer, which is where a connection has it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class XdrBenchmark {
    /** Which message. */
    @Param
    @SuppressWarnings("NullAway.Init") // JMH sets it
    public Message message;

    @SuppressWarnings("NullAway.Init") // set up below
    private Message.Body<?> body;

    @SuppressWarnings("NullAway.Init") // set up below
    private ByteBuf wire;

    @SuppressWarnings("NullAway.Init") // set up below
    private ByteBuf space;

    /** Writes once, to have something to read. */
    @Setup
    public void prepare() {
        body = message.body();
        byte[] bytes = body.bytes();
        wire = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
        space = PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length);
    }

    /** Gives the buffers back. */
    @TearDown
    public void release() {
        wire.release();
        space.release();
    }

    /** Bytes to values. */
    @Benchmark
    public Object read() {
        wire.readerIndex(0);
        return body.read(wire);
    }

    /** Values to bytes. */
    @Benchmark
    public ByteBuf write() {
        space.clear();
        body.write(space);
        return space;
    }

    /** The floor for both: the same bytes from buffer to buffer. */
    @Benchmark
    public ByteBuf copy() {
        space.clear();
        return space.writeBytes(wire, 0, wire.writerIndex());
    }
}
