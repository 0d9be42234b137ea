// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.xdr;

/**
 * Reads and writes one type as XDR. Codecs hold no state and may be shared between threads.
 *
 * @param <T> the Java type
 * @since 0.1
 */
public interface XdrCodec<T> {
    /**
     * Appends a value.
     *
     * @throws XdrException if the value breaks a bound of the type; what was written before stays in the buffer
     */
    void encode(XdrWriter writer, T value);

    /**
     * Reads a value.
     *
     * @throws XdrException if the bytes are not a value of the type
     */
    T decode(XdrReader reader);
}
