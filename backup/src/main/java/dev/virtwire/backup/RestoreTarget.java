// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.ImageFormat;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Where a point is restored to on a host.
 *
 * @since 0.1
 */
public sealed interface RestoreTarget {
    /**
     * Files of this machine, which has to be the host if a domain is defined with them.
     *
     * @param folder the folder for the files, created if its parent exists: {@code web1-vda.qcow2} …
     * @param format the images' format
     * @param chained whether the images are copied as they are, each with all that it builds on, instead of flattened
     * @since 0.1
     */
    record Files(Path folder, ImageFormat format, boolean chained) implements RestoreTarget {
        /** Refuses a missing field. */
        public Files {
            requireNonNull(folder, "folder");
            requireNonNull(format, "format");
        }

        /** Flattened qcow2 images. */
        public static Files in(Path folder) {
            return new Files(folder, ImageFormat.QCOW2, false);
        }

        /** With another image format. */
        public Files withFormat(ImageFormat newFormat) {
            return new Files(folder, newFormat, chained);
        }

        /** With the images as they are in the repository, and those that they build on. */
        public Files asChain() {
            return new Files(folder, format, true);
        }
    }

    /**
     * A storage pool of any host, by nothing but the libvirt connection. Each disk becomes a volume of its own, {@code
     * web1-vda.raw} or {@code web1-vda.qcow2}, and UEFI variables one more, {@code web1-nvram.fd}.
     *
     * @param name the pool's name; it has to be active
     * @param format the volumes' format; qcow2 only in a pool of files
     * @since 0.1
     */
    record Pool(String name, ImageFormat format) implements RestoreTarget {
        /** Refuses an empty name. */
        public Pool {
            requireNonNull(format, "format");
            if (name.isBlank()) {
                throw new BackupException("a storage pool without a name cannot be");
            }
        }

        /** Raw volumes, which every pool takes. */
        public Pool(String name) {
            this(name, ImageFormat.RAW);
        }
    }

    /**
     * Block devices of this machine and volumes of the host that are there already. What they hold is overwritten: a
     * restore that fails leaves a part of a disk there, and its error says so.
     *
     * @param places where each disk goes, by its target: the absolute path of a device, or {@code POOL/VOLUME}
     * @since 0.1
     */
    record Existing(Map<String, String> places) implements RestoreTarget {
        /** Refuses what cannot be a place, and two disks in one place. */
        public Existing {
            places = Collections.unmodifiableMap(new LinkedHashMap<>(places));
            if (places.isEmpty()) {
                throw new BackupException("no disk has a place");
            }
            Set<String> taken = new HashSet<>();
            places.forEach((target, place) -> {
                if (place.indexOf('/') < 0 || place.endsWith("/")) {
                    throw new BackupException(
                            "'" + place + "' is neither an absolute path nor a volume such as POOL/VOLUME");
                }
                if (!taken.add(place)) {
                    throw new BackupException(place + " is the place of two disks");
                }
            });
        }

        /** Whether a place is a volume of the host, and no device of this machine. */
        public static boolean isVolume(String place) {
            return !place.startsWith("/");
        }

        /** Whether a host has to be asked for the places. */
        public boolean needsHost() {
            return places.values().stream().anyMatch(Existing::isVolume);
        }
    }

    /**
     * Where the domain has its disks now. The host has to be this machine, and the domain off. Its definition stays as
     * it is, and so do disks that are not restored. A file is replaced when the new one is complete; the content of a
     * device is overwritten.
     *
     * @since 0.1
     */
    record InPlace() implements RestoreTarget {}
}
