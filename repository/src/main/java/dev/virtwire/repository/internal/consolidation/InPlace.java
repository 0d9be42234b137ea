// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.ImageExtent.Kind;
import dev.virtwire.image.ImageReader;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.restore.ImageUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whether the merged image can be made of the oldest one in its place, or has to be a new file. */
final class InPlace {
    /** The part of the merged image that may be dead room. */
    private static final int DEAD_ROOM = 10;

    private InPlace() {}

    /**
     * Why the oldest image must not be written, or null if it may be.
     *
     * @param gone the points that nothing but the point that stays builds on
     * @param known what is damaged: an image that is does not become a part of what stays
     */
    static @Nullable String obstacle(DiskRun run, Set<String> gone, DamageRecord known) throws IOException {
        DiskLayer oldest = run.oldest();
        Path image = oldest.file();
        if (!gone.contains(oldest.point().id())) {
            return "other points build on " + oldest.point().id();
        }
        if (!Files.isWritable(image)) {
            return image + " cannot be written";
        }
        if (Files.getAttribute(image, "unix:nlink", LinkOption.NOFOLLOW_LINKS) instanceof Integer links && links > 1) {
            return image + " has " + links + " names";
        }
        if (ImageUse.isOpen(image)) {
            return image + " is open in another program";
        }
        if (known.names(oldest.point(), oldest.image().file())) {
            return image + " was found damaged";
        }
        String compression = run.chain().top().image().compression();
        for (DiskLayer layer : run.merged()) {
            if (layer.wrong() != null) {
                return layer.digestFile() + " is damaged";
            }
            if (!layer.image().compression().equals(compression)) {
                return "the images are compressed in different ways";
            }
        }
        return room(run);
    }

    private static @Nullable String room(DiskRun run) throws IOException {
        try (Qcow2Reader oldest = Qcow2Reader.open(run.oldest().file());
                ImageChain upper = DiskChain.openImages(run.upper())) {
            for (ImageReader image : upper.images()) {
                if (image instanceof Qcow2Reader reader && reader.clusterSize() != oldest.clusterSize()) {
                    return "the images have clusters of different sizes";
                }
            }
            if (!Qcow2Check.check(run.oldest().file()).findings().isEmpty()) {
                return "the tables of " + run.oldest().file() + " have errors";
            }
            Room room = new Room(oldest);
            upper.forEachExtent(0, upper.virtualSize(), room::add);
            return room.isMostlyDead() ? "more than a tenth of the image would be dead room" : null;
        } catch (ImageException e) {
            throw DiskChain.damage(e);
        }
    }

    /** Adds up what becomes dead, and what of it is used again. */
    private static final class Room {
        private final Qcow2Reader oldest;
        private final int clusterSize;
        private final long size;
        private long dead;
        private long needed;

        Room(Qcow2Reader oldest) throws IOException {
            this.oldest = oldest;
            this.clusterSize = oldest.clusterSize();
            this.size = Files.size(oldest.file());
            this.dead = oldest.unusedBytes();
        }

        void add(ImageExtent extent) throws IOException {
            if (extent.kind() == Kind.UNALLOCATED) {
                return;
            }
            boolean plain = extent.hostOffset() != ImageExtent.NO_HOST_OFFSET;
            for (long at = extent.offset(); at < extent.end(); at += clusterSize) {
                long stored = oldest.storedLength(at);
                boolean overwritten = plain && stored == clusterSize;
                dead += overwritten ? 0 : stored;
                needed += overwritten || extent.kind() == Kind.ZERO ? 0 : clusterSize;
            }
        }

        boolean isMostlyDead() {
            long used = Math.min(dead, needed);
            return (dead - used) * DEAD_ROOM > size + needed - used;
        }
    }
}
