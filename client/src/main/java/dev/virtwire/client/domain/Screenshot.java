// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A picture of a guest's screen.
 *
 * @param mime its kind in the server's words, such as {@code image/x-portable-pixmap}; empty if it says none
 * @param image the picture, a file's content; read-only
 * @since 0.1
 */
public record Screenshot(Optional<String> mime, ByteBuffer image) {
    /** Makes the picture read-only. */
    public Screenshot {
        image = image.asReadOnlyBuffer();
    }

    /** The picture from its beginning, whoever has read it before. */
    @Override
    public ByteBuffer image() {
        return image.duplicate();
    }
}
