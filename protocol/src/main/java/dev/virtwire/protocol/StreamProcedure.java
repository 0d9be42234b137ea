// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol;

import dev.virtwire.protocol.stream.DuplexStream;
import dev.virtwire.protocol.stream.LibvirtStream;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A procedure that opens a stream, as its table states it.
 *
 * @param <A> the arguments
 * @param <R> the result
 * @param <S> which way the stream goes
 * @param call the procedure
 * @param sparse whether the stream carries holes beside data if it is opened with these arguments
 * @param view the stream, as what can be done with it
 * @since 0.1
 */
public record StreamProcedure<A, R, S extends LibvirtStream>(
        Procedure<A, R> call, Predicate<A> sparse, Function<DuplexStream, S> view) {
    /** What most procedures are: without holes, whatever the arguments. */
    public static <A> Predicate<A> dense() {
        return arguments -> false;
    }
}
