// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Who writes, for manifests, the journal and the lock.
 *
 * @param program the program and its version
 * @param process the process and its machine
 */
public record Writer(String program, String process) {
    /** This one. */
    public static Writer here() {
        String version = Writer.class.getPackage().getImplementationVersion();
        return new Writer(
                "virtwire " + (version == null ? "(built from source)" : version),
                "process " + ProcessHandle.current().pid() + " on " + machine());
    }

    private static String machine() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "this machine";
        }
    }
}
