// SPDX-License-Identifier: Apache-2.0
/** What needs a host and a repository: backups, recovery, and restores with their definition. */
module dev.virtwire.backup {
    requires static transitive org.jspecify;
    requires transitive dev.virtwire.client;
    requires transitive dev.virtwire.repository;
    requires dev.virtwire.nbd;
    requires com.fasterxml.jackson.databind;
    requires org.slf4j;

    exports dev.virtwire.backup;
    exports dev.virtwire.backup.doctor;
}
