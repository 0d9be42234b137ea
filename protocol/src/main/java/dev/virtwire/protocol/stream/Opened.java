// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol.stream;

/**
 * What a procedure that opens a stream gives.
 *
 * @param <R> the reply; {@link Void}, and then null, if the procedure has no reply
 * @param <S> which way the stream goes
 * @param reply the procedure's result
 * @param stream the stream, open
 * @since 0.1
 */
public record Opened<R, S extends LibvirtStream>(R reply, S stream) {}
