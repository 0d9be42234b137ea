// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import java.util.Optional;

/**
 * What runs at the host and hands bytes to and from libvirtd's socket there: libvirt's own helper, which finds the
 * socket itself, or netcat. Whatever comes from a URI is quoted for the shell there, and a shell of Bourne's kind does
 * the rest whichever the user's own is.
 *
 * @param line the command, as the user's shell at the host takes it
 * @param words what it is, for people
 */
public record RemoteCommand(String line, String words) {
    /** Netcat without a word about which. */
    public static final String NETCAT = "nc";

    private static final String HELPER = "virt-ssh-helper";

    /** Debian's netcat stays when its input has ended, unless it is told to wait no longer than 0 s. */
    private static final String USE_NETCAT = "command -v \"$1\" > /dev/null 2>&1 || { echo \"%s\" >&2; exit 127; }; "
            + "if \"$1\" -q 2>&1 | grep \"requires an argument\" > /dev/null 2>&1; "
            + "then exec \"$1\" -q0 -U \"$2\"; else exec \"$1\" -U \"$2\"; fi";

    private static final String USE_EITHER = "if command -v " + HELPER + " > /dev/null 2>&1; then exec " + HELPER
            + " $4 \"$3\"; fi; " + USE_NETCAT.formatted("neither " + HELPER + " nor $1 is installed here");

    /** The helper. */
    public static RemoteCommand helper(String uri, boolean readOnly) {
        return new RemoteCommand(HELPER + (readOnly ? " -r " : " ") + quoted(uri), HELPER);
    }

    /** Netcat. */
    public static RemoteCommand netcat(String program, String socket) {
        return new RemoteCommand(
                shell(USE_NETCAT.formatted("$1 is not installed here"), program, socket),
                "%s to %s".formatted(program, socket));
    }

    /** The helper if it is installed, else netcat. */
    public static RemoteCommand either(String uri, boolean readOnly, String program, String socket) {
        return new RemoteCommand(
                shell(USE_EITHER, program, socket, uri, readOnly ? "-r" : ""),
                "%s, or else %s to %s".formatted(HELPER, program, socket));
    }

    /** The URI that the helper is given: without the way here, and with the mode, which says which socket. */
    public static String helperUri(String driver, String path, Optional<String> mode) {
        return "%s://%s%s"
                .formatted(
                        driver,
                        path.isEmpty() ? "/" : path,
                        mode.map(name -> "?mode=" + name).orElse(""));
    }

    private static String shell(String script, String... arguments) {
        StringBuilder line = new StringBuilder("sh -c ").append(quoted(script)).append(" sh");
        for (String argument : arguments) {
            line.append(' ').append(quoted(argument));
        }
        return line.toString();
    }

    /** One word for any shell: in single quotes nothing has a meaning but these themselves. */
    static String quoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
