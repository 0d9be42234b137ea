// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/** The machine that runs the job. */
final class Machine {
    private static final Path NAME = Path.of("/proc/sys/kernel/hostname");

    private Machine() {}

    /** Its name, as the kernel has it: nobody is asked over the network. */
    static String name() {
        try {
            return Files.readString(NAME).strip();
        } catch (IOException e) {
            LoggerFactory.getLogger(Machine.class).debug("{} cannot be read: {}", NAME, e.getMessage());
            return "this machine";
        }
    }
}
