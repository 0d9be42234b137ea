// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import picocli.CommandLine.Option;

/** How fast a command may read a repository. */
final class RateOption {
    @Option(
            names = "--bwlimit",
            paramLabel = "RATE",
            converter = RateConverter.class,
            description = "Read at most this many bytes a second, such as 512K or 20M.")
    private long rate;

    /** In bytes a second; 0 for as fast as it goes. */
    long bytesPerSecond() {
        return rate;
    }
}
