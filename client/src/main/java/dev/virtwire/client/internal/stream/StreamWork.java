// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.protocol.stream.LibvirtStream;
import dev.virtwire.protocol.stream.Opened;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Work on a stream that blocks, such as a file's, and so has a thread of its own. */
public final class StreamWork {
    /**
     * What is done with a stream.
     *
     * @param <S> which way the stream goes
     * @param <T> what comes of it
     */
    @FunctionalInterface
    public interface Task<S extends LibvirtStream, T> {
        /** Does it, and finishes the stream. */
        T run(S stream) throws IOException;
    }

    private StreamWork() {}

    /** The stream alone, of a procedure without a reply; aborted if nobody waits for it any more. */
    public static <R, S extends LibvirtStream> CompletableFuture<S> stream(CompletableFuture<Opened<R, S>> opening) {
        CompletableFuture<S> stream = opening.thenApply(Opened::stream);
        stream.whenComplete((open, failure) -> {
            if (failure != null) {
                opening.thenAccept(opened -> opened.stream().abort());
            }
        });
        return stream;
    }

    /**
     * Does {@code task} once the stream is open. If it fails, or {@code result} is given up, the stream is aborted; the
     * task's own waiting then ends.
     *
     * @param result what to complete
     * @return {@code result}
     */
    public static <S extends LibvirtStream, T> CompletableFuture<T> run(
            CompletableFuture<S> opening, CompletableFuture<T> result, Task<S, T> task) {
        result.whenComplete((value, failure) -> {
            // Changes nothing for a stream that has ended.
            opening.cancel(true);
            opening.thenAccept(LibvirtStream::abort);
        });
        opening.whenComplete((stream, failure) -> {
            if (failure != null) {
                result.completeExceptionally(LibvirtException.unwrap(failure));
            } else {
                SharedPool.executor().execute(() -> work(stream, result, task));
            }
        });
        return result;
    }

    private static <S extends LibvirtStream, T> void work(S stream, CompletableFuture<T> result, Task<S, T> task) {
        try {
            result.complete(task.run(stream));
        } catch (IOException | RuntimeException | Error e) {
            stream.abort();
            result.completeExceptionally(LibvirtException.unwrap(e));
        }
    }
}
