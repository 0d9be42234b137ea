// SPDX-License-Identifier: Apache-2.0
/** Connections, calls and backups as Micrometer's meters. */
module dev.virtwire.micrometer {
    requires static transitive org.jspecify;
    requires transitive dev.virtwire.client;
    requires transitive micrometer.core;
    requires static transitive dev.virtwire.backup; // who measures backups has it

    exports dev.virtwire.micrometer;
}
