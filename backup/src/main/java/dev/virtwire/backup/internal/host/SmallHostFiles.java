// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads small files of a domain's host: as files of this machine if they are that and may be read, else through
 * libvirt. Whatever goes wrong is a reason, and no failure, unless the host is away: then nothing else can be asked.
 *
 * @param facts what is known of the host
 * @param here whether the host's files are files of this machine
 * @param ownPool how storage pools are named that are made for a moment
 * @param questions asks libvirt
 */
public record SmallHostFiles(HostFacts facts, boolean here, String ownPool, HostQuestions questions) {
    /** What is read through libvirt takes a moment each time. */
    private static final int READS = 10;

    private static final Set<String> KINDS = Set.of("file", "block", "volume", DomainDescription.VARSTORE);

    /** What was read, or the reason why not. */
    public static final class Content {
        private final byte @Nullable [] bytes;
        private final @Nullable String reason;

        private Content(byte @Nullable [] bytes, @Nullable String reason) {
            this.bytes = bytes;
            this.reason = reason;
        }

        private static Content no(String reason) {
            return new Content(null, reason);
        }

        /** The content, or null if it could not be read. */
        public byte @Nullable [] bytes() {
            return bytes;
        }

        /** Why it could not be read, or null if it was. */
        public @Nullable String reason() {
            return reason;
        }
    }

    /** Reads something. */
    interface Reading {
        /** What it holds. */
        byte[] read() throws IOException;
    }

    /** Whether there is a way to read what lies at such a place at all. */
    public static boolean isOfAKindThatCanBeRead(Place place) {
        return KINDS.contains(place.type());
    }

    /** What lies there, which nobody writes in place. */
    public Content read(Place place, long most) {
        return attempt(place, () -> content(place, most));
    }

    /**
     * What lies there, read without a change of the host; null if the folder would have to become a storage pool for
     * that.
     */
    public @Nullable Content look(Place place, long most) {
        boolean file = isOfAKindThatCanBeRead(place) && place.name() != null && !isVolume(place);
        if (file && !isLocal(place) && !questions.ask(() -> files().isInPool(nameOf(place)))) {
            return null;
        }
        return attempt(
                place,
                () -> isLocal(place)
                        ? local(Path.of(nameOf(place)), most)
                        : questions.ask(() -> files().readVolume(nameOf(place), most)));
    }

    /** What lies there, as it was at one moment although the guest may write it. */
    public Content readSteady(Place place, long most) {
        Content steady = attempt(place, () -> {
            byte[] before = content(place, most);
            for (int i = 0; i < READS; i++) {
                byte[] now = content(place, most);
                if (Arrays.equals(before, now)) {
                    return now;
                }
                before = now;
            }
            return new byte[0];
        });
        return steady.bytes != null && steady.bytes.length == 0
                ? Content.no("the guest changed them while they were read, or they are empty")
                : steady;
    }

    /**
     * How many bytes a volume has that is a drive's medium. Of a domain that is off, libvirt does not say it.
     *
     * @throws LibvirtException if the host does not say it either
     */
    public long sizeOfVolume(Place place) {
        return questions.ask(() -> files().sizeOfVolume(nameOf(place)));
    }

    private HostFiles files() {
        return new HostFiles(facts.domain().libvirt(), facts.host().name(), ownPool);
    }

    private Content attempt(Place place, Reading reading) {
        return attempt(place, reading, questions::hasGivenUp);
    }

    static Content attempt(Place place, Reading reading, BooleanSupplier away) {
        if (!isOfAKindThatCanBeRead(place)) {
            return Content.no(
                    place.type().equals("network")
                            ? "they are on the network, which libvirt has no call to read: copy them by hand, or move"
                                    + " them to a file or device of the host"
                            : "of type " + place.type() + ", which libvirt has no call to read");
        }
        if (place.name() == null) {
            return Content.no("the domain's XML does not name the place");
        }
        try {
            return new Content(reading.read(), null);
        } catch (RemoteException e) {
            return Content.no("the host does not give it: " + e.details().message());
        } catch (LibvirtException | BackupException | IllegalArgumentException e) {
            if (away.getAsBoolean()) {
                throw e;
            }
            // A name that the locale of this process cannot express is an illegal argument.
            return Content.no(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return Content.no(Problems.reason(e));
        }
    }

    private byte[] content(Place place, long most) throws IOException {
        String name = nameOf(place);
        if (isLocal(place)) {
            return local(Path.of(name), most);
        }
        return questions.ask(() -> isVolume(place) ? files().readVolume(name, most) : files().read(name, most));
    }

    /** Of a place that has one. */
    private static String nameOf(Place place) {
        return String.valueOf(place.name());
    }

    private boolean isLocal(Place place) {
        String name = place.name();
        return here && name != null && !place.type().equals("volume") && Files.isReadable(Path.of(name));
    }

    /** Whether it can be read through a pool of the host only, and not by making one. */
    private static boolean isVolume(Place place) {
        return place.type().equals("volume") || place.type().equals("block");
    }

    private static byte[] local(Path file, long most) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            // A device does not tell its size.
            byte[] content = in.readNBytes((int) most + 1);
            if (content.length > most) {
                throw new BackupException(file + " has more than " + most + " bytes");
            }
            return content;
        }
    }
}
