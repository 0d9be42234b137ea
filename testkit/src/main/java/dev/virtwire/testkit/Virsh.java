// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How guests are commanded: by libvirt's own client, not by ours. So the test kit can say what is true while the client
 * under test is the one that is wrong.
 */
final class Virsh {
    private final String uri;

    Virsh(String uri) {
        this.uri = uri;
    }

    void define(Path xml) {
        run("define", xml.toString());
    }

    void start(String domain) {
        run("start", domain);
    }

    void destroy(String domain) {
        run("destroy", domain);
    }

    /** Takes checkpoints' and snapshots' records and the NVRAM file with it. */
    void undefine(String domain) {
        run("undefine", domain, "--checkpoints-metadata", "--snapshots-metadata", "--nvram");
    }

    void suspend(String domain) {
        run("suspend", domain);
    }

    void resume(String domain) {
        run("resume", domain);
    }

    /** The state in virsh's words: "running", "shut off", "paused" …; null without such a domain is an error. */
    String state(String domain) {
        return run("domstate", domain).strip();
    }

    /** Sends a command to QEMU's human monitor and returns what it printed there. */
    String monitor(String domain, String command) {
        return run("qemu-monitor-command", domain, "--hmp", command);
    }

    String run(String... arguments) {
        List<String> command = new ArrayList<>(List.of("virsh", "--quiet", "--connect", uri));
        command.addAll(List.of(arguments));
        return Command.run(command);
    }
}
