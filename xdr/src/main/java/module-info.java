// SPDX-License-Identifier: Apache-2.0
/** XDR on Netty buffers. Knows nothing else. */
module dev.virtwire.xdr {
    requires static transitive org.jspecify;
    requires transitive io.netty.buffer;

    exports dev.virtwire.xdr;
}
