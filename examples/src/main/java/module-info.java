// SPDX-License-Identifier: Apache-2.0
/** Programs to start from. The module dev.virtwire.ssh is found at run time if it is on the module path. */
module dev.virtwire.examples {
    requires static transitive org.jspecify;
    requires dev.virtwire.backup;
    requires java.xml;
}
