// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.manual;

import java.util.stream.Stream;

/** What a command or an option does, in one sentence. */
public final class Summary {
    private Summary() {}

    /** The first sentence of a description, without the stop. */
    public static String of(String[] description) {
        String text = Stream.of(description).findFirst().orElse("");
        int end = text.indexOf(". ");
        String first = end < 0 ? text : text.substring(0, end);
        return first.endsWith(".") ? first.substring(0, first.length() - 1) : first;
    }
}
