// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What an image records of the file beneath it.
 *
 * @param name the name as it stands in the image: a path, relative to the image's folder unless absolute
 * @param format {@code qcow2} or {@code raw}; null if the image does not say
 * @since 0.1
 */
public record BackingFile(String name, @Nullable String format) {
    /** The longest name that qcow2 holds, in bytes of UTF-8. */
    public static final int MAX_NAME_BYTES = 1023;

    /** Refuses a name that no image can hold. */
    public BackingFile {
        int bytes = name.getBytes(StandardCharsets.UTF_8).length;
        if (bytes == 0 || bytes > MAX_NAME_BYTES) {
            throw new IllegalArgumentException("backing file name has " + bytes + " bytes, not 1 to 1023");
        }
        if (name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("backing file name has a NUL character");
        }
    }

    /**
     * Whether QEMU would take the beginning of the name for a protocol ({@code nbd:…}, {@code json:…}) instead of a
     * path: a colon comes before the first slash.
     */
    public boolean namesAProtocol() {
        int colon = name.indexOf(':');
        int slash = name.indexOf('/');
        return colon >= 0 && (slash < 0 || colon < slash);
    }
}
