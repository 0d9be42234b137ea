// SPDX-License-Identifier: Apache-2.0
/** qcow2 and raw images. Knows neither Netty nor libvirt. */
module dev.virtwire.image {
    requires static transitive org.jspecify;
    requires com.github.luben.zstd_jni;

    exports dev.virtwire.image;
}
