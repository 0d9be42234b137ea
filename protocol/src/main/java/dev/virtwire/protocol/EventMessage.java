// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol;

import dev.virtwire.xdr.XdrCodec;

/**
 * A message that the server sends unasked, as its table states it.
 *
 * @param <T> the body
 * @param program the program's number
 * @param version the program's version
 * @param number the message's procedure number
 * @param name the message's name in the table, such as {@code DomainEventJobCompleted}
 * @param since the libvirt version that brought it
 * @param body writes and reads the body
 * @since 0.1
 */
public record EventMessage<T>(int program, int version, int number, String name, String since, XdrCodec<T> body) {}
