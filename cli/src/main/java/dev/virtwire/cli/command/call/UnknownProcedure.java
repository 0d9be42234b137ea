// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.call;

import dev.virtwire.cli.output.CommandException;
import dev.virtwire.protocol.Procedure;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A procedure that a newer libvirt has and the tables have not. Nobody here knows what its arguments and its result are
 * made of, so both are XDR, in Base64, in the field {@code body}.
 *
 * @param program the program's name
 * @param procedure its number, with bytes as they are for arguments and result
 */
record UnknownProcedure(String program, Procedure<byte[], byte[]> procedure) {
    private static final Pattern NUMBER = Pattern.compile("(?:([a-z]+)/)?([1-9][0-9]{0,8})");
    private static final String BODY = "body";
    private static final int XDR_UNIT = 4;

    /** What {@code 456} or {@code qemu/9} names; null if it is the name or number of a procedure in the tables. */
    static @Nullable UnknownProcedure parse(Description description, String text) {
        Matcher matcher = NUMBER.matcher(text);
        if (!matcher.matches() || description.find(text).isPresent()) {
            return null;
        }
        String program = matcher.group(1) == null ? "remote" : matcher.group(1);
        Procedure<?, ?> known = description.procedures().stream()
                .filter(called -> called.program().equals(program))
                .findFirst()
                .map(description::toCall)
                .orElseThrow(() -> CommandException.usage("there is no program '" + program + "'", null));
        int number = Integer.parseInt(matcher.group(2));
        return new UnknownProcedure(program, Procedure.ofBytes(known.program(), known.version(), number));
    }

    /** How messages name it. */
    String name() {
        return procedure.name() + " of program " + program;
    }

    /** The bytes of its arguments. */
    byte[] arguments(Map<?, ?> json) {
        Object body = json.isEmpty() ? "" : json.get(BODY);
        if (json.size() > 1 || !(body instanceof String text)) {
            throw CommandException.usage(
                    name() + " is not in the tables: its arguments are {\"body\": \"XDR in Base64\"}", null);
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(text);
            if (bytes.length % XDR_UNIT == 0) {
                return bytes;
            }
        } catch (IllegalArgumentException e) {
            throw CommandException.usage("body: it is not Base64", e);
        }
        throw CommandException.usage("body: XDR has a multiple of 4 bytes", null);
    }

    /** Its result as the field that it is printed in. */
    static Map<String, String> result(byte[] bytes) {
        return Map.of(BODY, Base64.getEncoder().encodeToString(bytes));
    }
}
