// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * What there is to say of the saved description of the domain, the inactive (persistent) domain XML.
 *
 * @param secrets whether passwords stand in it: false where the host did not hand them out
 * @param libvirtSecrets the libvirt secrets that it refers to, by UUID or {@code type:usage}; they are not saved
 */
public record DomainXml(@JsonProperty(required = true) boolean secrets, List<String> libvirtSecrets) {
    /** Copies the list. */
    public DomainXml {
        libvirtSecrets = List.copyOf(libvirtSecrets);
    }
}
