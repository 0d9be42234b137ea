// SPDX-License-Identifier: Apache-2.0
/** An NBD client. Knows nothing of libvirt. */
module dev.virtwire.nbd {
    requires static transitive org.jspecify;
    requires org.slf4j;

    exports dev.virtwire.nbd;
}
