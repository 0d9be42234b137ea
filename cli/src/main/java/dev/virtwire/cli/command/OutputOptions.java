// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import picocli.CommandLine.Option;

/** How much a command says, and in which form. */
final class OutputOptions {
    @Option(names = "--json", description = "Print JSON: data on standard output, an error on standard error.")
    private boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print neither progress nor notes, only data, errors and warnings.")
    private boolean quiet;

    /** Takes effect at once, because it has to stand before the first logger is made. */
    @Option(
            names = {"-v", "--verbose"},
            description = "Log to standard error what happens, and show where an error came from.")
    void verbose(boolean asked) {
        if (asked) {
            System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "info");
            System.setProperty("org.slf4j.simpleLogger.log.dev.virtwire", "debug");
        }
    }

    boolean json() {
        return json;
    }

    boolean quiet() {
        return quiet;
    }
}
