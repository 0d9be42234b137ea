// SPDX-License-Identifier: Apache-2.0
/** Connections to libvirt daemons: calls, events, streams, and the objects that people use. */
@SuppressWarnings("module") // Those to whom it opens its seams are compiled later.
module dev.virtwire.client {
    requires static transitive org.jspecify;
    requires transitive dev.virtwire.protocol;
    requires transitive io.netty.transport; // an option takes an event loop group
    requires com.ongres.scram.client;
    requires com.ongres.scram.common;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport.classes.epoll;
    requires io.netty.transport.unix.common;
    requires java.naming;
    requires java.security.sasl;
    requires java.xml;
    requires org.bouncycastle.pkix;
    requires org.bouncycastle.provider;
    requires org.slf4j;

    uses dev.virtwire.client.internal.transport.TransportProvider;

    exports dev.virtwire.client;
    exports dev.virtwire.client.backup;
    exports dev.virtwire.client.block;
    exports dev.virtwire.client.checkpoint;
    exports dev.virtwire.client.domain;
    exports dev.virtwire.client.event;
    exports dev.virtwire.client.migration;
    exports dev.virtwire.client.network;
    exports dev.virtwire.client.node;
    exports dev.virtwire.client.params;
    exports dev.virtwire.client.secret;
    exports dev.virtwire.client.snapshot;
    exports dev.virtwire.client.statistics;
    exports dev.virtwire.client.storage;

    // One reader and writer of XML for all our modules.
    exports dev.virtwire.client.xml to
            dev.virtwire.backup,
            dev.virtwire.cli,
            dev.virtwire.jobs;

    // What our own modules need of a connection, and users do not.
    exports dev.virtwire.client.internal.access to
            dev.virtwire.backup;

    // The seam of a transport.
    exports dev.virtwire.client.internal.async to
            dev.virtwire.ssh;
    exports dev.virtwire.client.internal.auth to
            dev.virtwire.ssh;
    exports dev.virtwire.client.internal.config to
            dev.virtwire.ssh;
    exports dev.virtwire.client.internal.transport to
            dev.virtwire.ssh;
    exports dev.virtwire.client.internal.text to
            dev.virtwire.ssh;
}
