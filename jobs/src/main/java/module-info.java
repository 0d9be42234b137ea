// SPDX-License-Identifier: Apache-2.0
/** Jobs from a configuration file: which guests, hooks, verification, and being told of them. */
module dev.virtwire.jobs {
    requires static transitive org.jspecify;
    requires transitive dev.virtwire.backup;
    requires transitive com.fasterxml.jackson.core; // a result writes itself
    requires jakarta.mail;
    requires java.net.http;
    requires org.slf4j;
    requires org.snakeyaml.engine;

    exports dev.virtwire.jobs.config;
    exports dev.virtwire.jobs.guest;
    exports dev.virtwire.jobs.report;
    exports dev.virtwire.jobs.run;
    exports dev.virtwire.jobs.systemd;
}
