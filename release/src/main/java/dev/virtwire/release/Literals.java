// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

/** Constants' values as Java writes them. */
final class Literals {
    private Literals() {}

    static String of(String descriptor, Object value) {
        return switch (descriptor) {
            case "Z" -> value.equals(1) ? "true" : "false";
            case "C" -> "'\\u%04x'".formatted((Integer) value);
            case "J" -> value + "L";
            case "F" -> value + "F";
            case "Ljava/lang/String;" -> '"' + quoted((String) value) + '"';
            default -> value.toString();
        };
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                default -> quoted.append(c < ' ' || c > '~' ? "\\u%04x".formatted((int) c) : String.valueOf(c));
            }
        }
        return quoted.toString();
    }
}
