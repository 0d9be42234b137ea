// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.StoredImage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How long a chain may be. QEMU joins the backing names of a chain ({@code A/../B/../C/vda.qcow2}) and cannot open a
 * file whose name is then longer than the kernel takes. So chains end well before: a point that says done is one that
 * {@code qemu-img} opens, also after the repository was moved to a folder with a longer name.
 */
public final class ChainLimit {
    /** More images than that are not put into one chain. */
    public static final int LAYERS = 100;

    /** The longest file name that Linux takes, in bytes. */
    static final int LONGEST_NAME = 4095;

    /** The repository may be moved to a folder whose name is that long, in bytes. */
    static final int ROOM_TO_MOVE = 512;

    /** The longest folder name that a point may get, with what leads back from there: {@code POINT/../}. */
    private static final int LONGEST_STEP = "20261122T190000Z-differential-999/../".length();

    private final int folder;
    private final int name;

    private ChainLimit(Path domainFolder) {
        this.folder = bytes(domainFolder.toAbsolutePath().normalize().toString());
        this.name = bytes(String.valueOf(domainFolder.getFileName()));
    }

    /** The limit for chains of images whose points are in a domain's folder. */
    public static ChainLimit in(Path domainFolder) {
        return new ChainLimit(domainFolder);
    }

    /**
     * How long a chain is.
     *
     * @param layers how many images it has
     * @param steps the bytes of all folders in the joined name, from the topmost point's to the lowest's
     * @param file the bytes of the lowest image's name
     */
    public record Length(int layers, int steps, int file) {
        /** The length of a chain that is there. */
        public static Length of(DiskChain chain) {
            List<DiskLayer> layers = chain.layers();
            Length length = ofBase(
                    layers.get(layers.size() - 1).point(),
                    layers.get(layers.size() - 1).image());
            for (int i = layers.size() - 2; i >= 0; i--) {
                length = length.under(layers.get(i).point());
            }
            return length;
        }

        private static Length ofBase(Point point, StoredImage image) {
            return new Length(1, bytes(point.id()) + 1, bytes(image.file()));
        }

        private Length under(Point point) {
            return new Length(layers + 1, steps + bytes(point.id()) + "/../".length(), file);
        }
    }

    /** Why one more image may not be put on a chain, or null if it may. */
    public @Nullable String refusal(Length chain) {
        if (chain.layers + 1 > LAYERS) {
            return "its chain has " + chain.layers + " images, and more than " + LAYERS + " are not joined";
        }
        int longest = Math.max(folder, ROOM_TO_MOVE + 1 + name) + 1 + chain.steps + LONGEST_STEP + chain.file;
        if (longest > LONGEST_NAME) {
            return "its chain has " + chain.layers + " images, whose joined names would be " + longest
                    + " bytes long for QEMU, which can have " + LONGEST_NAME;
        }
        return null;
    }

    /** Whether QEMU opens a chain in its present place. */
    public boolean canBeOpened(Length chain) {
        return joined(chain) <= LONGEST_NAME;
    }

    /** How many bytes the name has that QEMU makes of a chain in its present place. */
    public int joined(Length chain) {
        return folder + 1 + chain.steps + chain.file;
    }

    /**
     * What is to be said of chains that QEMU cannot open.
     *
     * @param points of one domain, in any order; what is missing among them ends a chain
     */
    public static List<Notice> notices(List<Point> points) {
        Map<String, Point> byId = new HashMap<>();
        points.forEach(point -> byId.put(point.id(), point));
        Map<String, Integer> tooLong = new LinkedHashMap<>();
        Map<String, Length> known = new HashMap<>();
        for (Point point : points) {
            for (ManifestDisk disk : point.manifest().disks()) {
                Length length = length(point, disk.target(), byId, known);
                Path folder = point.folder().getParent();
                if (length != null && folder != null && !in(folder).canBeOpened(length)) {
                    tooLong.merge(disk.target(), 1, Integer::sum);
                }
            }
        }
        List<Notice> notices = new ArrayList<>();
        tooLong.forEach((target, count) -> notices.add(Notice.information("disk " + target + " of domain "
                + points.get(0).domain() + " has " + (count == 1 ? "a point" : count + " points")
                + " whose chain of images is too long for QEMU, which joins their names; restore reads "
                + (count == 1 ? "it" : "them"))));
        return notices;
    }

    private static @Nullable Length length(
            Point top, String target, Map<String, Point> points, Map<String, Length> known) {
        Deque<Point> above = new ArrayDeque<>();
        Length length = null;
        for (Point point = top; length == null; ) {
            length = known.get(point.id() + "/" + target);
            ManifestDisk disk = point.manifest().disk(target);
            if (length != null || disk == null || disk.image() == null || above.size() > points.size()) {
                break;
            }
            ParentLink link = point.manifest().parent();
            Point parent = link == null ? null : points.get(link.point());
            if (disk.image().backing() == null || parent == null) {
                length = Length.ofBase(point, disk.image());
                known.put(point.id() + "/" + target, length);
                break;
            }
            above.push(point);
            point = parent;
        }
        while (length != null && !above.isEmpty()) {
            Point point = above.pop();
            length = length.under(point);
            known.put(point.id() + "/" + target, length);
        }
        return length;
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
