// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import java.util.Set;
import java.util.regex.Pattern;

/**
 * What the type of a file system tells.
 *
 * @param name as the kernel names it
 */
public record FileSystemType(String name) {
    /** Those that may compress by themselves. */
    private static final Set<String> COMPRESSING = Set.of("btrfs", "zfs", "bcachefs");

    /** Those that several hosts may have mounted. */
    private static final Pattern SHARED = Pattern.compile(
            "(9p|afs|beegfs|ceph|cifs|gfs|gluster|gpfs|lustre|ncp|nfs|ocfs|orangefs|pvfs|smb|virtiofs).*|fuse(\\..*)?");

    /** Whether one may need less room than what is written to it. */
    public boolean mayCompress() {
        return COMPRESSING.contains(name);
    }

    /** Whether several hosts may have mounted one. */
    public boolean isShared() {
        return SHARED.matcher(name).matches();
    }
}
