// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import dev.virtwire.client.internal.async.SerialExecutor;
import io.netty.channel.Channel;
import java.net.SocketAddress;
import java.util.Map;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.Factory;
import org.apache.sshd.common.FactoryManager;
import org.apache.sshd.common.io.DefaultIoConnectFuture;
import org.apache.sshd.common.io.IoAcceptor;
import org.apache.sshd.common.io.IoConnectFuture;
import org.apache.sshd.common.io.IoConnector;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoServiceEventListener;
import org.apache.sshd.common.io.IoServiceFactory;
import org.apache.sshd.common.io.IoServiceFactoryFactory;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.util.closeable.AbstractCloseable;
import org.apache.sshd.common.util.threads.CloseableExecutorService;
import org.jspecify.annotations.Nullable;

/** Gives SSHD one Netty channel that is connected already, in place of sockets and threads of its own. */
final class SocketService extends AbstractCloseable implements IoServiceFactoryFactory, IoServiceFactory {
    private final Channel channel;
    private final SerialExecutor tasks;

    SocketService(Channel channel, SerialExecutor tasks) {
        this.channel = channel;
        this.tasks = tasks;
    }

    @Override
    public IoServiceFactory create(FactoryManager manager) {
        return this;
    }

    @Override
    public void setExecutorServiceFactory(Factory<CloseableExecutorService> factory) {
        // There is nothing to execute.
    }

    @Override
    public IoConnector createConnector(IoHandler handler) {
        return new Connector(handler);
    }

    @Override
    public IoAcceptor createAcceptor(IoHandler handler) {
        throw new UnsupportedOperationException("nothing is accepted here");
    }

    @Override
    @SuppressWarnings("NullAway") // Null for none, says SSHD.
    public IoServiceEventListener getIoServiceEventListener() {
        return null;
    }

    @Override
    public void setIoServiceEventListener(@Nullable IoServiceEventListener listener) {
        // Nobody listens.
    }

    private final class Connector extends AbstractCloseable implements IoConnector {
        private final IoHandler handler;

        Connector(IoHandler handler) {
            this.handler = handler;
        }

        @Override
        public IoConnectFuture connect(
                SocketAddress target, @Nullable AttributeRepository context, @Nullable SocketAddress local) {
            IoConnectFuture connected = new DefaultIoConnectFuture(target, null);
            SocketSession session = new SocketSession(channel, handler, this, tasks);
            try {
                handler.sessionCreated(session);
                connected.setSession(session);
                session.start();
            } catch (Exception e) {
                connected.setException(e);
                session.close(true);
            }
            return connected;
        }

        @Override
        public Map<Long, IoSession> getManagedSessions() {
            return Map.of();
        }

        @Override
        @SuppressWarnings("NullAway") // Null for none, says SSHD.
        public IoServiceEventListener getIoServiceEventListener() {
            return null;
        }

        @Override
        public void setIoServiceEventListener(@Nullable IoServiceEventListener listener) {
            // Nobody listens.
        }
    }
}
