// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.nbd.NbdException;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.util.Locale;

/** Why a backup failed, as a sentence. */
public final class Reasons {
    private Reasons() {}

    /** What an exception means to the user. */
    public static String of(Throwable failure) {
        if (failure instanceof IOException io) {
            return Problems.reason(io);
        }
        if (failure instanceof NbdException nbd) {
            return "the disk could not be read: " + nbd.getMessage() + remedy(nbd);
        }
        String message = failure.getMessage();
        return message != null ? message : failure.toString();
    }

    /** The message of an exception, and of those that it suppressed. */
    public static String withSuppressed(Throwable failure) {
        StringBuilder all = new StringBuilder(String.valueOf(failure.getMessage()));
        for (Throwable more : failure.getSuppressed()) {
            all.append("; ").append(more.getMessage());
        }
        return all.toString();
    }

    private static String remedy(NbdException nbd) {
        String message = String.valueOf(nbd.getMessage()).toLowerCase(Locale.ROOT);
        if (message.contains("permission denied")) {
            return ". The socket belongs to QEMU's user: run this as root or as that user (over ssh, log in as one of"
                    + " them), or use a port of 127.0.0.1 by --nbd";
        }
        if (message.contains("no such file")) {
            return ". QEMU's files are not seen from here, as in a container: name a folder that both see by --scratch,"
                    + " or use a port of 127.0.0.1 by --nbd";
        }
        return message.contains("connection refused")
                ? ". The host may take its own name for another address than this machine does, such as 127.0.1.1:"
                        + " name the address by --nbd"
                : "";
    }
}
