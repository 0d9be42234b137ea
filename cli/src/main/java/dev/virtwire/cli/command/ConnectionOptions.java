// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which host a command speaks with. */
final class ConnectionOptions {
    @Option(
            names = {"-c", "--connect"},
            paramLabel = "URI",
            description = "The hypervisor's URI, such as qemu:///system (see virtwire help uri), or an alias of"
                    + " libvirt.conf. Default: $LIBVIRT_DEFAULT_URI, else uri_default of libvirt.conf, else what this"
                    + " machine's daemon chooses.")
    private @Nullable String uri;

    /** Whether one was given on the command line. */
    boolean given() {
        return uri != null;
    }

    /** The URI behind the subcommand's name, else the one before it, else none. */
    @Nullable
    String uri(ConnectionOptions before) {
        return uri == null ? before.uri : uri;
    }
}
