// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

/**
 * A request as the caller made it, for error messages.
 *
 * @param command what was asked
 * @param offset first byte
 * @param length in bytes
 * @since 0.1
 */
public record NbdRequest(Command command, long offset, long length) {
    /**
     * The commands that this client sends.
     *
     * @since 0.1
     */
    public enum Command {
        /** NBD_CMD_READ. */
        READ(0, "read"),
        /** NBD_CMD_BLOCK_STATUS. */
        BLOCK_STATUS(7, "block status");

        private final int number;
        private final String text;

        Command(int number, String text) {
            this.number = number;
            this.text = text;
        }

        /** The protocol's number of the command. */
        public int number() {
            return number;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** As error messages have it: {@code read of 65536 bytes at offset 4096}. */
    @Override
    public String toString() {
        return command + " of " + length + " bytes at offset " + offset;
    }
}
