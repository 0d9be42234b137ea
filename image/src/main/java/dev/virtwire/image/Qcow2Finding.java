// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

/**
 * Something wrong with the structure of a qcow2 image.
 *
 * @param kind how bad it is
 * @param fileOffset where in the file
 * @param text what is wrong there, one sentence without the offset
 * @since 0.1
 */
public record Qcow2Finding(Kind kind, long fileOffset, String text) {
    /**
     * How bad a finding is.
     *
     * @since 0.1
     */
    public enum Kind {
        /** Room is taken that nothing uses. Content is not in danger. */
        LEAK,
        /** Content is wrong, or would become so by writing to the image. */
        CORRUPTION
    }

    @Override
    public String toString() {
        return text + " (file offset " + fileOffset + ")";
    }
}
