// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol;

import dev.virtwire.xdr.XdrCodec;

/**
 * One procedure of a program, as its table states it.
 *
 * @param <A> the arguments
 * @param <R> the result
 * @param program the program's number
 * @param version the program's version
 * @param number the procedure's number
 * @param name the procedure's name in the table, such as {@code DomainBackupBegin}
 * @param since the libvirt version that brought it
 * @param urgent whether it may overtake waiting calls and use the slot kept free for such calls
 * @param stream whether it opens a stream, as a {@link StreamProcedure}, and which way the data goes
 * @param files whether it passes file descriptors, which this client does not: such a call is refused
 * @param arguments writes and reads the arguments
 * @param result writes and reads the result
 */
public record Procedure<A, R>(
        int program,
        int version,
        int number,
        String name,
        String since,
        boolean urgent,
        StreamDirection stream,
        boolean files,
        XdrCodec<A> arguments,
        XdrCodec<R> result) {}
