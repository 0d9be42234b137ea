// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Who writes: this program, process and machine, for manifests, the journal and the lock. */
public final class Writer {
    private Writer() {}

    /** The program and its version. */
    public static String program() {
        String version = Writer.class.getPackage().getImplementationVersion();
        return "virtwire " + (version == null ? "(built from source)" : version);
    }

    /** The process and its machine. */
    public static String describe() {
        return "process " + ProcessHandle.current().pid() + " on " + machine();
    }

    private static String machine() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "this machine";
        }
    }
}
