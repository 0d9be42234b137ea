// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.protocol.stream;

/**
 * A stream both ways, such as a console. It ends when either side ends it: {@link #finish()} need not wait for the end
 * of what comes, since a guest has none.
 *
 * @since 0.1
 */
public interface DuplexStream extends ReadableStream, WritableStream {}
