// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.client.xml.DomainDescription.Tpm;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The state of an emulated TPM on a host: where it lies, and a new one in its place. */
public final class TpmState {
    /** Where libvirt keeps them; no XML says so. */
    private static final String STATES = "/var/lib/libvirt/swtpm/";

    private final HostFiles host;
    private final String path;
    private boolean written;
    private byte @Nullable [] before;

    /**
     * Of a domain that does not run.
     *
     * @param ownName how storage pools are named that are made for a moment
     */
    public TpmState(Libvirt libvirt, String ownName, Tpm tpm, UUID domain) {
        this.host = new HostFiles(libvirt, libvirt.uri().where(), ownName);
        this.path = String.valueOf(place(tpm, domain).name());
    }

    /** Where the state of a domain's TPM lies. */
    public static Place place(Tpm tpm, UUID domain) {
        boolean old = "1.2".equals(tpm.version());
        String file = old ? "tpm-00.permall" : "tpm2-00.permall";
        Place place = tpm.state();
        if (place == null) {
            return new Place("file", null, STATES + domain + (old ? "/tpm1.2/" : "/tpm2/") + file);
        }
        return place.type().equals("dir") ? new Place("file", null, place.name() + "/" + file) : place;
    }

    /** Writes a state; what was there can be brought back. */
    public void write(byte[] state) {
        before = host.replace(path, state);
        written = true;
    }

    /** Brings back what was there. */
    public void undo() {
        if (!written) {
            return;
        }
        byte[] former = before;
        if (former == null) {
            host.remove(path);
        } else {
            host.replace(path, former);
        }
    }
}
