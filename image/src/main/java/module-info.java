// SPDX-License-Identifier: Apache-2.0
/** qcow2 and raw images. Knows neither Netty nor libvirt. */
@SuppressWarnings("module") // The module that it opens a package to is compiled later.
module dev.virtwire.image {
    requires static transitive org.jspecify;
    requires com.github.luben.zstd_jni;

    exports dev.virtwire.image;
    // The files of a chain that are open at once are counted together, its digest files too.
    exports dev.virtwire.image.internal.files to
            dev.virtwire.repository;
}
