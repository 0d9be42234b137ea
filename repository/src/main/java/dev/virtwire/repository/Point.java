// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.manifest.Manifest;
import java.nio.file.Path;

/**
 * One backup in a repository, as its manifest describes it. That the manifest could be read says nothing of the images
 * beside it: see {@link Repository#verify}.
 *
 * @param domain the name of the domain's folder: the domain's name, but for letters that a folder cannot have
 * @param folder the point's folder
 * @param manifest what the point says of itself
 * @param manifestSha256 the SHA-256 of {@code manifest.json}, in lower-case hexadecimal; it becomes another one if
 *     earlier points are merged into this one
 * @since 0.1
 */
public record Point(String domain, Path folder, Manifest manifest, String manifestSha256) {
    /** Refuses a missing field. */
    public Point {
        requireNonNull(domain, "domain");
        requireNonNull(folder, "folder");
        requireNonNull(manifest, "manifest");
        requireNonNull(manifestSha256, "manifestSha256");
    }

    /** Whether a link to a point's manifest means this one: its own, or one whose place it took. */
    public boolean isMeantBy(String sha256) {
        return manifestSha256.equals(sha256) || manifest.replaces().contains(sha256);
    }

    /** The point's id, such as {@code 20261122T190000Z-full}. */
    public String id() {
        return manifest.point();
    }
}
