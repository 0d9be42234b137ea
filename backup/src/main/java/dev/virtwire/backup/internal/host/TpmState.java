// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.client.xml.DomainDescription.Tpm;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Where the state of an emulated TPM lies on a host. */
public final class TpmState {
    /** Where libvirt keeps them; no XML says so. */
    private static final String STATES = "/var/lib/libvirt/swtpm/";

    private static final Pattern ANY_UUID = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");

    private TpmState() {}

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

    /**
     * Whether a state may be written there for this domain. The path is what the XML of a point says, and whoever can
     * write to the repository has chosen that: it could be any file of the host.
     *
     * @param former the domain's definition on the host until now, or null if it has none
     */
    public static boolean isPlace(Tpm tpm, UUID domain, @Nullable DomainDescription former) {
        Place place = place(tpm, domain);
        String path = String.valueOf(place.name());
        Tpm own = former == null ? null : former.tpm();
        if (own != null && place(own, domain).equals(place)) {
            return true;
        }
        if (!place.type().equals("file")
                || !path.startsWith(STATES)
                || List.of(path.split("/")).contains("..")) {
            return false;
        }
        String folder = path.substring(STATES.length()).split("/")[0];
        return !ANY_UUID.matcher(folder).matches() || folder.equals(domain.toString());
    }
}
