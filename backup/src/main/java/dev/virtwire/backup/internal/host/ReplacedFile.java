// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A small file of a host that gets another content, such as the state of a TPM. What was there can be brought back, and
 * is kept beside it until it is known that the new content stays.
 */
public final class ReplacedFile {
    private final HostFiles host;
    private final String path;
    private boolean begun;
    private boolean written;
    private byte @Nullable [] before;

    /**
     * A file that nobody uses now; it need not be there.
     *
     * @param ownName how storage pools are named that are made for a moment
     */
    public ReplacedFile(Libvirt libvirt, String ownName, String path) {
        this.host = new HostFiles(libvirt, libvirt.uri().where(), ownName);
        this.path = path;
    }

    /** Where it lies on the host. */
    public String path() {
        return path;
    }

    /** Writes the new content. */
    public void write(byte[] content) {
        host.replace(path, content, former -> {
            before = former;
            begun = true;
        });
        written = true;
    }

    /**
     * The file beside it with what was there goes, if the new content was written.
     *
     * @return what is left on the host and should not be, each one sentence
     */
    public List<String> finish() {
        List<String> left = new ArrayList<>(host.unknown());
        if (written && before != null) {
            try {
                host.remove(host.kept(path));
            } catch (LibvirtException | BackupException e) {
                left.add("left behind: " + host.kept(path) + ", the former content of " + path + ": " + e.getMessage());
            }
        }
        return left;
    }

    /** Brings back what was there. */
    public void undo() {
        if (!begun) {
            return;
        }
        byte[] former = before;
        if (former == null) {
            host.remove(path);
        } else {
            host.bringBack(path, former);
        }
    }
}
