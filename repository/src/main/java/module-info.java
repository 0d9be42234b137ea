// SPDX-License-Identifier: Apache-2.0
/** Repositories: points, chains and digests; verify, prune and restore to files. No network, no libvirt. */
@SuppressWarnings("module") // The module that it opens its seams to is compiled later.
module dev.virtwire.repository {
    requires static transitive org.jspecify;
    requires transitive dev.virtwire.image;
    requires com.fasterxml.jackson.core;
    requires com.fasterxml.jackson.databind;
    requires org.slf4j;

    exports dev.virtwire.repository;
    exports dev.virtwire.repository.manifest;

    // Jackson makes the records of files.
    opens dev.virtwire.repository.manifest to
            com.fasterxml.jackson.databind;
    opens dev.virtwire.repository.internal.format to
            com.fasterxml.jackson.databind;
    opens dev.virtwire.repository.internal.damage to
            com.fasterxml.jackson.databind;
    opens dev.virtwire.repository.internal.journal to
            com.fasterxml.jackson.databind;
    opens dev.virtwire.repository.internal.unfinished to
            com.fasterxml.jackson.databind;
    opens dev.virtwire.repository.internal.verify to
            com.fasterxml.jackson.databind;

    // What makes points out of a host's disks has to write what verify reads.
    exports dev.virtwire.repository.internal to
            dev.virtwire.backup;
    exports dev.virtwire.repository.internal.chain to
            dev.virtwire.backup;
    exports dev.virtwire.repository.internal.consolidation to
            dev.virtwire.backup;
    exports dev.virtwire.repository.internal.copy to
            dev.virtwire.backup;
    exports dev.virtwire.repository.internal.damage to
            dev.virtwire.backup;
    exports dev.virtwire.repository.internal.disk to
            dev.virtwire.backup;
    exports dev.virtwire.repository.internal.format to
            dev.virtwire.backup,
            dev.virtwire.jobs;
    exports dev.virtwire.repository.internal.journal to
            dev.virtwire.backup;
    exports dev.virtwire.repository.internal.restore to
            dev.virtwire.backup;
    exports dev.virtwire.repository.internal.store to
            dev.virtwire.backup;
    exports dev.virtwire.repository.internal.unfinished to
            dev.virtwire.backup;
    exports dev.virtwire.repository.internal.work to
            dev.virtwire.backup;
}
