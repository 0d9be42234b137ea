// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.ImageFormat;
import java.nio.file.Path;

/** Where a point is restored to on a host. */
public sealed interface RestoreTarget {
    /**
     * Files of this machine, which has to be the host if a domain is defined with them.
     *
     * @param folder the folder for the files, created if its parent exists: {@code web1-vda.qcow2} …
     * @param format the images' format
     * @param chained whether the images are copied as they are, each with all that it builds on, instead of flattened
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
     * A storage pool of any host, by nothing but the libvirt connection. Each disk becomes a raw volume of its own,
     * {@code web1-vda.raw}, and UEFI variables one more, {@code web1-nvram.fd}.
     *
     * @param name the pool's name; it has to be active
     */
    record Pool(String name) implements RestoreTarget {
        /** Refuses an empty name. */
        public Pool {
            if (name.isBlank()) {
                throw new BackupException("a storage pool without a name cannot be");
            }
        }
    }
}
