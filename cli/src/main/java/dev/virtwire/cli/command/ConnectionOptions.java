// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which host a command speaks with. */
final class ConnectionOptions {
    private static final String VARIABLE = "LIBVIRT_DEFAULT_URI";
    private static final String DEFAULT = "qemu:///system";

    @Option(
            names = {"-c", "--connect"},
            paramLabel = "URI",
            description = "The hypervisor, as libvirt writes it, such as qemu+tcp://host/system. Default:"
                    + " $LIBVIRT_DEFAULT_URI, else " + DEFAULT + ".")
    private @Nullable String uri;

    /** Whether one was given on the command line. */
    boolean given() {
        return uri != null;
    }

    /** The URI behind the subcommand's name, else the one before it, else the environment's, else libvirt's default. */
    String uri(ConnectionOptions before, Map<String, String> environment) {
        if (uri != null) {
            return uri;
        }
        if (before.uri != null) {
            return before.uri;
        }
        String variable = environment.get(VARIABLE);
        return variable == null || variable.isEmpty() ? DEFAULT : variable;
    }
}
