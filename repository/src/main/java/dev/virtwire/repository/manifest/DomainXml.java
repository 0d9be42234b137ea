// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What there is to say of the saved description of the domain, the inactive (persistent) domain XML, and of what else
 * makes the domain.
 *
 * @param secrets whether passwords stand in it: false where the host did not hand them out
 * @param libvirtSecrets the libvirt secrets that it refers to, by UUID or {@code type:usage}; they are not saved
 * @param autostart whether the domain starts with its host; null if that is not known
 * @param notSaved what else of the domain could not be saved, each with the reason, a sentence for people
 * @since 0.1
 */
public record DomainXml(
        @JsonProperty(required = true) boolean secrets,
        List<String> libvirtSecrets,
        @Nullable Boolean autostart,
        List<String> notSaved) {
    /** Copies the lists. */
    public DomainXml {
        libvirtSecrets = List.copyOf(libvirtSecrets);
        // Earlier programs saved no more, and wrote no such field.
        notSaved = notSaved == null ? List.of() : List.copyOf(notSaved);
    }

    /** Of a domain of which nothing else is known. */
    public static DomainXml of(boolean secrets, List<String> libvirtSecrets) {
        return new DomainXml(secrets, libvirtSecrets, null, List.of());
    }
}
