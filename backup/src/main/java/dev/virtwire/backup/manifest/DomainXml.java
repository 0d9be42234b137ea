// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;

/**
 * The saved description of the domain.
 *
 * @param stored the file that holds the inactive (persistent) domain XML
 * @param secrets whether passwords stand in it: false where the host did not hand them out
 * @param libvirtSecrets the libvirt secrets that it refers to, by UUID or {@code type:usage}; they are not saved
 */
public record DomainXml(
        StoredFile stored, @JsonProperty(required = true) boolean secrets, List<String> libvirtSecrets) {
    /** Refuses a missing field. */
    public DomainXml {
        requireNonNull(stored, "stored");
        libvirtSecrets = List.copyOf(libvirtSecrets);
    }
}
