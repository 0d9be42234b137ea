// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.nbd.NbdTransport;
import java.io.IOException;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Reaches an export's UNIX socket through libvirt's own connection to the host, if that is by ssh. */
final class HostSocketTransport implements NbdTransport {
    private final Libvirt libvirt;
    private final NbdTransport usual;

    private HostSocketTransport(Libvirt libvirt, NbdTransport usual) {
        this.libvirt = libvirt;
        this.usual = usual;
    }

    /** Options that reach the sockets of {@code libvirt}'s host. */
    static NbdOptions through(Libvirt libvirt, NbdOptions options) {
        return options.withTransport(new HostSocketTransport(libvirt, options.transport()));
    }

    @Override
    public ByteChannel open(NbdAddress address, Duration timeout) throws IOException {
        if (!(address instanceof NbdAddress.Unix unix)) {
            return usual.open(address, timeout);
        }
        CompletableFuture<ByteChannel> opening =
                LibvirtAccess.to(libvirt).openHostSocket(unix.socket().toString());
        try {
            return opening.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            opening.cancel(true);
            throw new IOException("the host has not opened its socket within " + timeout, e);
        } catch (ExecutionException e) {
            Throwable cause = LibvirtException.unwrap(e);
            throw new IOException(String.valueOf(cause.getMessage()), cause);
        } catch (InterruptedException e) {
            opening.cancel(true);
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
