// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.ConfigurationException;
import io.netty.util.Version;

/** Which Netty is there: many a framework brings 4.1, and what this client uses is in 4.2. */
public final class NettyVersion {
    private NettyVersion() {}

    /**
     * Looks, before anything of 4.2 is touched.
     *
     * @throws ConfigurationException if it is older
     */
    public static void check() {
        ClassLoader loader = NettyVersion.class.getClassLoader();
        try {
            Class.forName("io.netty.channel.IoEventLoopGroup", false, loader);
        } catch (ClassNotFoundException e) {
            Version found = Version.identify(loader).get("netty-transport");
            throw new ConfigurationException(
                    "Netty 4.2 is needed, and %s is on the class path; import io.netty:netty-bom of a version 4.2 before what brings that one"
                            .formatted(found == null ? "an older one" : found.artifactVersion()),
                    e);
        }
    }
}
