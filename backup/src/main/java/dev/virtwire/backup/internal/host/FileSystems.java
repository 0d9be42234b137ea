// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import java.util.Set;
import java.util.regex.Pattern;

/** What the types of file systems tell, as the kernel names them. */
public final class FileSystems {
    /** Those that may compress by themselves. */
    private static final Set<String> COMPRESSING = Set.of("btrfs", "zfs", "bcachefs");

    /** Those that several hosts may have mounted. */
    private static final Pattern SHARED = Pattern.compile(
            "(9p|afs|beegfs|ceph|cifs|gfs|gluster|gpfs|lustre|ncp|nfs|ocfs|orangefs|pvfs|smb|virtiofs).*|fuse(\\..*)?");

    private FileSystems() {}

    /** Whether one of that type may need less room than what is written to it. */
    public static boolean mayCompress(String type) {
        return COMPRESSING.contains(type);
    }

    /** Whether several hosts may have mounted one of that type. */
    public static boolean isShared(String type) {
        return SHARED.matcher(type).matches();
    }
}
