// SPDX-License-Identifier: Apache-2.0
/** The ssh transport. It has no API: who has it on the path can connect by ssh. */
module dev.virtwire.ssh {
    requires static transitive org.jspecify;
    requires dev.virtwire.client;
    requires io.netty.buffer;
    requires io.netty.common;
    requires io.netty.transport;
    requires org.apache.sshd.osgi;
    requires org.bouncycastle.provider;
    requires org.slf4j;

    provides dev.virtwire.client.internal.transport.TransportProvider with
            dev.virtwire.ssh.SshTransportProvider;
}
