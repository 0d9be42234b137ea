// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

/**
 * The header of a server's reply to an option; its data is still to be read.
 *
 * @param option what it answers
 * @param type the kind of reply, negative for errors
 * @param length bytes of data
 */
public record OptionReply(int option, int type, int length) {
    public boolean isError() {
        return type < 0;
    }

    public void requireLength(int atLeast, int atMost) throws WireException {
        if (length < atLeast || length > atMost) {
            throw WireException.protocol(
                    "a reply of type " + type + " to " + optionName(option) + " has " + length + " bytes");
        }
    }

    public static String optionName(int option) {
        return switch (option) {
            case Wire.OPT_LIST -> "NBD_OPT_LIST";
            case Wire.OPT_STARTTLS -> "NBD_OPT_STARTTLS";
            case Wire.OPT_GO -> "NBD_OPT_GO";
            case Wire.OPT_STRUCTURED_REPLY -> "NBD_OPT_STRUCTURED_REPLY";
            case Wire.OPT_LIST_META_CONTEXT -> "NBD_OPT_LIST_META_CONTEXT";
            case Wire.OPT_SET_META_CONTEXT -> "NBD_OPT_SET_META_CONTEXT";
            case Wire.OPT_EXTENDED_HEADERS -> "NBD_OPT_EXTENDED_HEADERS";
            default -> "option " + Integer.toUnsignedString(option);
        };
    }
}
