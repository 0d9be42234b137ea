// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.nio.file.Path;

/**
 * A real libvirtd for tests: it has no guests but one's own, and {@link #close} leaves nothing of it behind, neither
 * process nor mount nor file.
 *
 * <p>It listens without authentication. All methods block; a libvirtd may be used from several threads.
 *
 * @since 0.1
 */
public interface Libvirtd extends AutoCloseable {

    /** The QEMU driver over the UNIX socket: {@code qemu+unix:///system?socket=…}. */
    String unixUri();

    /** The QEMU driver over TCP: {@code qemu+tcp://HOST:PORT/system}. */
    String tcpUri();

    /** libvirt's built-in test driver over the UNIX socket: {@code test+unix:///default?socket=…}. */
    default String testUnixUri() {
        return "test+unix:///default?socket=" + socket();
    }

    /** libvirt's built-in test driver over TCP: {@code test+tcp://HOST:PORT/default}. */
    default String testTcpUri() {
        return tcpUri().replaceFirst("^qemu", "test").replaceFirst("/system$", "/default");
    }

    /** The UNIX socket on which it listens. */
    Path socket();

    /** The TCP port at which it is reached. */
    int tcpPort();

    /**
     * A folder whose path is the same for the test, for libvirtd and for QEMU, and that goes with this libvirtd: the
     * place for disks, scratch files, NBD sockets and targets of push backups. Its path is short, because that of a
     * UNIX socket must be.
     */
    Path directory();

    /** Kills libvirtd as {@code kill -9} does. Guests keep running, and serve their NBD exports. */
    void kill();

    /** Ends libvirtd in order. Guests keep running. */
    void shutDown();

    /**
     * Starts libvirtd again after {@link #kill} or {@link #shutDown}, at the same addresses; it finds its guests again.
     * One that runs is ended in order first.
     */
    void restart();

    /** Kills the QEMU process of a guest as {@code kill -9} does. */
    void killGuest(String name);

    /** What libvirtd wrote to its log so far. */
    String log();

    /** Ends libvirtd and all its guests, and removes the folder. Closing again does nothing. */
    @Override
    void close();
}
