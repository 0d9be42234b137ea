// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Whose files a user trusts with his rights: his own and root's, if nobody else may write them.
 *
 * @param user the user's number
 */
record FileOwners(int user) {
    private static final int ROOT = 0;
    private static final int OTHERS_WRITE = 0022;
    private static final int STICKY = 01000;

    /** Those of the user who runs this process. */
    static FileOwners ofThisProcess() {
        try {
            return new FileOwners((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException e) {
            throw new ConfigurationException("cannot tell which user runs this process: " + e.getMessage());
        }
    }

    /** Whether the user is root. */
    boolean isRoot() {
        return user == ROOT;
    }

    /**
     * Refuses a configuration file that somebody else could have written: who may write it has the rights of whoever
     * runs its hooks. Who may write its folder may put another file in its place.
     */
    void require(Path file) {
        try {
            requireOwner(file);
            if (mayOthersWrite(file)) {
                throw new ConfigurationException(
                        file + ": others may write it, and its hooks run with your rights: chmod go-w it");
            }
            for (Path folder : folders(file)) {
                requireOwner(folder);
                // In a folder such as /tmp nobody replaces the file of somebody else.
                if (mayOthersWrite(folder) && (mode(folder) & STICKY) == 0) {
                    throw new ConfigurationException(folder + ": others may write it, and put another "
                            + file.getFileName() + " into it, whose hooks run with your rights: chmod go-w it");
                }
            }
        } catch (IOException | UnsupportedOperationException e) {
            // What reads it says why it cannot be read; a file system without owners says nothing.
            return;
        }
    }

    /** Where it lies, and where the file lies that a link leads to. */
    private static Set<Path> folders(Path file) throws IOException {
        Set<Path> folders = new LinkedHashSet<>();
        for (Path each : new Path[] {file.toAbsolutePath(), file.toRealPath()}) {
            Path folder = each.getParent();
            if (folder != null) {
                folders.add(folder);
            }
        }
        return folders;
    }

    private void requireOwner(Path path) throws IOException {
        int owner = (Integer) Files.getAttribute(path, "unix:uid");
        if (owner != ROOT && owner != user) {
            throw new ConfigurationException(path + ": it belongs to the user with number " + owner
                    + ", and hooks run with your rights: chown it to yourself or to root");
        }
    }

    private static boolean mayOthersWrite(Path path) throws IOException {
        return (mode(path) & OTHERS_WRITE) != 0;
    }

    private static int mode(Path path) throws IOException {
        return (Integer) Files.getAttribute(path, "unix:mode");
    }
}
