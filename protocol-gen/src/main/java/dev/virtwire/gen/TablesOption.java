// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the tables are. */
final class TablesOption {
    @Option(
            names = "--tables",
            defaultValue = "${sys:virtwire.tables:-src/protocol}",
            paramLabel = "FOLDER",
            description = "The folder of the tables (default: ${DEFAULT-VALUE}).")
    private Path folder = Path.of("src/protocol");

    Path folder() {
        return folder;
    }
}
