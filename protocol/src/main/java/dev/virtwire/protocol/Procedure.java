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
 * @since 0.1
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
        XdrCodec<R> result) {

    /**
     * A procedure that no table has, since a newer server brought it. Its arguments and its result are bytes of XDR; no
     * bytes for one that has none. It may open no stream and pass no files.
     *
     * @param program the program's number, such as 0x20008086 for libvirt's own calls
     * @param version the program's version, 1 of all that there are
     * @param number the procedure's number in the program
     */
    public static Procedure<byte[], byte[]> ofBytes(int program, int version, int number) {
        return new Procedure<>(
                program,
                version,
                number,
                "procedure " + number,
                "a later version",
                false,
                StreamDirection.NONE,
                false,
                BytesCodec.INSTANCE,
                BytesCodec.INSTANCE);
    }
}
