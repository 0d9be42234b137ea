// SPDX-License-Identifier: Apache-2.0
/** libvirt's protocol: records, codecs and stubs, and the few types that they stand on. */
module dev.virtwire.protocol {
    requires static transitive org.jspecify;
    requires transitive dev.virtwire.xdr;
    requires static transitive java.compiler; // @Generated

    exports dev.virtwire.protocol;
    exports dev.virtwire.protocol.admin;
    exports dev.virtwire.protocol.error;
    exports dev.virtwire.protocol.keepalive;
    exports dev.virtwire.protocol.lxc;
    exports dev.virtwire.protocol.message;
    exports dev.virtwire.protocol.qemu;
    exports dev.virtwire.protocol.remote;
    exports dev.virtwire.protocol.stream;
}
