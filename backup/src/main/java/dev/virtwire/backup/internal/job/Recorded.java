// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.repository.manifest.DomainXml;
import dev.virtwire.repository.manifest.Nvram;
import dev.virtwire.repository.manifest.PointFile;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a point holds besides disks, as it was when the job had just begun; it is written.
 *
 * @param files all files of the point but images and digests
 * @param domainXml what is in the saved domain XML
 * @param nvram the UEFI variables, or null for a domain without
 * @param tpmState whether the domain has an emulated TPM
 */
record Recorded(
        List<PointFile> files,
        DomainXml domainXml,
        @Nullable Nvram nvram,
        boolean tpmState) {}
