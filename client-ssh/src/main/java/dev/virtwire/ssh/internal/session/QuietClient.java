// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.ssh.internal.route.SshHost;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.config.hosts.HostConfigEntry;
import org.apache.sshd.client.future.AuthFuture;
import org.apache.sshd.client.future.ConnectFuture;
import org.apache.sshd.client.session.ClientConnectionServiceFactory;
import org.apache.sshd.client.session.ClientSessionImpl;
import org.apache.sshd.client.session.ClientUserAuthService;
import org.apache.sshd.client.session.ClientUserAuthServiceFactory;
import org.apache.sshd.client.session.SessionFactory;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.apache.sshd.common.session.helpers.AbstractSessionFactory;
import org.apache.sshd.common.session.helpers.KeyExchangeMessageHandler;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.logging.SimplifiedLog;
import org.slf4j.Logger;

/**
 * SSHD's client without what does not belong into a library's connection: it has no threads and no timers of its own,
 * never makes a writer wait while keys are exchanged again, and does not log the content of packets, which have
 * passwords in them.
 */
final class QuietClient extends SshClient {
    private Consumer<List<String>> accepted = methods -> {};

    /** Tells which methods the host would accept, each time that it says so. */
    void onAccepted(Consumer<List<String>> listener) {
        accepted = listener;
        setServiceFactories(List.of(new LoginServiceFactory(), ClientConnectionServiceFactory.INSTANCE));
    }

    /** Begins a session; the address is for messages, since the socket is connected already. */
    ConnectFuture connect(SshHost host) throws IOException {
        HostConfigEntry entry = new HostConfigEntry("", host.address(), host.port(), host.user(), null);
        return doConnect(
                host.user(), InetSocketAddress.createUnresolved(host.address(), host.port()), null, null, null, entry);
    }

    @Override
    protected SessionFactory createSessionFactory() {
        return new SessionFactory(this) {
            @Override
            protected ClientSessionImpl doCreateSession(IoSession socket) throws Exception {
                return new QuietSession(QuietClient.this, socket);
            }
        };
    }

    @Override
    protected void setupSessionTimeout(AbstractSessionFactory<?, ?> factory) {
        // Whoever connects has a deadline, and whoever is connected has keepalives.
    }

    @Override
    protected void removeSessionTimeout(AbstractSessionFactory<?, ?> factory) {
        // SSHD would remove its timer; this client has no such timer.
    }

    private static final class QuietSession extends ClientSessionImpl {
        QuietSession(QuietClient client, IoSession socket) throws Exception {
            super(client, socket);
        }

        @Override
        protected KeyExchangeMessageHandler initializeKeyExchangeMessageHandler() {
            return new PatientKeyExchange(this, log);
        }

        @Override
        protected SimplifiedLog getSimplifiedLogger() {
            return SimplifiedLog.EMPTY;
        }

        /** What failed is in the exception of whoever waits for it, or comes of closing. */
        @Override
        protected void warn(String text, Object one, Object two, Object three, Object four, Throwable cause) {
            debug(text, one, two, three, four, cause);
        }
    }

    /** What is written meanwhile is kept, which the channels' windows bound; an event loop must not wait. */
    private static final class PatientKeyExchange extends KeyExchangeMessageHandler {
        static {
            flushRunner = new Flusher();
        }

        PatientKeyExchange(AbstractSession session, Logger log) {
            super(session, log);
        }

        @Override
        protected boolean isBlockAllowed(int command) {
            return false;
        }
    }

    /** Our pool in place of SSHD's, whose threads linger for a minute. */
    private static final class Flusher extends AbstractExecutorService {
        @Override
        public void execute(Runnable task) {
            SharedPool.executor().execute(task);
        }

        @Override
        public void shutdown() {
            // The pool is for all.
        }

        @Override
        public List<Runnable> shutdownNow() {
            return List.of();
        }

        @Override
        public boolean isShutdown() {
            return false;
        }

        @Override
        public boolean isTerminated() {
            return false;
        }

        @Override
        public boolean awaitTermination(long timeout, TimeUnit unit) {
            return false;
        }
    }

    private final class LoginServiceFactory extends ClientUserAuthServiceFactory {
        @Override
        public Service create(Session session) throws IOException {
            return new LoginService(session);
        }
    }

    private final class LoginService extends ClientUserAuthService {
        LoginService(Session session) {
            super(session);
        }

        @Override
        protected void processUserAuth(int command, Buffer buffer, AuthFuture future) throws Exception {
            if (command == SshConstants.SSH_MSG_USERAUTH_FAILURE) {
                int position = buffer.rpos();
                accepted.accept(Arrays.asList(buffer.getString().split(",")));
                buffer.rpos(position);
            }
            super.processUserAuth(command, buffer, future);
        }
    }
}
