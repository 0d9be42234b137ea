// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;

/** The clocks of a host and of this program, which somebody steps while both run. */
final class HostClock implements InstantSource {
    private static final Path LIBRARY = Path.of("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1");

    private final Path file;
    private volatile Duration step = Duration.ZERO;

    /** Of a libvirtd that is still to be started; it reads {@code file}. */
    HostClock(Path file) {
        this.file = file;
        step(Duration.ZERO);
    }

    /** A libvirtd that goes by this clock. What counts time without one, as the kernel does, counts further. */
    PrivateLibvirtd start() {
        if (!Files.exists(LIBRARY)) {
            throw new IllegalStateException(
                    LIBRARY + " is missing: ./check installs it, or the Debian package libfaketime");
        }
        PrivateLibvirtd.Builder libvirtd = PrivateLibvirtd.builder();
        Map.of(
                        "LD_PRELOAD",
                        LIBRARY.toString(),
                        "FAKETIME_TIMESTAMP_FILE",
                        file.toString(),
                        "FAKETIME_NO_CACHE",
                        "1",
                        "FAKETIME_DONT_FAKE_MONOTONIC",
                        "1")
                .forEach(libvirtd::variable);
        return libvirtd.start();
    }

    /** From now on both are that far from the right time. */
    void step(Duration offset) {
        try {
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.writeString(next, (offset.isNegative() ? "" : "+") + offset.toSeconds() + "\n");
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        step = offset;
    }

    @Override
    public Instant instant() {
        return Instant.now().plus(step);
    }
}
