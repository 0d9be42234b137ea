// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileSystemTypeTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "nfs",
                "nfs4",
                "cifs",
                "smb3",
                "ceph",
                "fuse.glusterfs",
                "fuse.sshfs",
                "fuse",
                "ocfs2",
                "gfs2",
                "9p"
            })
    void severalHostsMayHaveMounted(String type) {
        assertThat(new FileSystemType(type).isShared()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "fuseblk", "f2fs"})
    void oneHostHasMounted(String type) {
        assertThat(new FileSystemType(type).isShared()).isFalse();
    }
}
