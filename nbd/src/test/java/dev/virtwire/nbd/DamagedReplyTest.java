// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static dev.virtwire.nbd.Peer.DONE;
import static dev.virtwire.nbd.Peer.content;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.virtwire.nbd.NbdExport.Replies;
import dev.virtwire.nbd.Peer.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever damage a stream has taken, every future completes, with a result or an NbdException, and no thread is left.
 */
class DamagedReplyTest {
    private static final int ROUNDS = 80;
    private static final NbdOptions OPTIONS = NbdOptions.DEFAULT
            .withMetaContexts(NbdOptions.BASE_ALLOCATION)
            .withConnectTimeout(Duration.ofMillis(100))
            .withRequestTimeout(Duration.ofMillis(100));

    @AfterEach
    void noThreadIsLeft() {
        assertThat(LifecycleTest.ownThreads()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(Replies.class)
    void damageInTheTransmissionPhaseIsSurvived(Replies replies) throws Exception {
        Random seeds = new Random(replies.ordinal());
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            if (replies == Replies.SIMPLE) {
                peer.negotiate(replies);
            } else {
                peer.negotiate(replies, NbdOptions.BASE_ALLOCATION);
            }
            peer.spoil(new Random(seeds.nextLong()));
            ignoringDisconnection(() -> answer(peer, replies));
        })) {
            for (int round = 0; round < ROUNDS; round++) {
                try (NbdConnection connection = server.open(OPTIONS)) {
                    List<CompletableFuture<?>> futures = new ArrayList<>();
                    for (int i = 0; i < 6; i++) {
                        futures.add(connection.read(i * 4096L, ByteBuffer.allocateDirect(4096)));
                        futures.add(connection.blockStatus(i * 4096L, 4096));
                    }
                    for (CompletableFuture<?> future : futures) {
                        assertCompletes(future, replies + ", round " + round);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Replies.class)
    void damageInTheNegotiationIsSurvived(Replies replies) throws Exception {
        Random seeds = new Random(replies.ordinal());
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            peer.spoil(new Random(seeds.nextLong()));
            ignoringDisconnection(() -> {
                if (replies == Replies.SIMPLE) {
                    peer.negotiate(replies);
                } else {
                    peer.negotiate(replies, NbdOptions.BASE_ALLOCATION);
                }
            });
        })) {
            for (int round = 0; round < ROUNDS; round++) {
                try {
                    server.open(OPTIONS).close();
                } catch (NbdException e) {
                    assertThat(e).hasMessageStartingWith(server.uri() + ": ");
                }
            }
        }
    }

    /** An action of the server that fails when the client has gone. */
    interface Action {
        void run() throws IOException;
    }

    private static void ignoringDisconnection(Action action) {
        try {
            action.run();
        } catch (IOException e) {
            assertThat(e).isNotNull();
        }
    }

    private static void answer(Peer peer, Replies replies) throws IOException {
        for (int i = 0; i < (replies == Replies.SIMPLE ? 6 : 12); i++) {
            Request request = peer.request();
            long offset = request.offset();
            if (replies == Replies.SIMPLE) {
                peer.simple(request.cookie(), 0);
                peer.send(Peer.bytes(4096).put(content(offset, 4096)));
            } else if (request.type() == 7) {
                peer.status(request, DONE, 100, 1024, 0, 2048, 3, 1024, 0);
            } else if (i % 3 == 0) {
                peer.errorAt(request, 0, 5, "bad sector", offset + 100);
                peer.none(request);
            } else {
                peer.hole(request, 0, offset + 1024, 3072);
                peer.data(request, DONE, offset, content(offset, 1024));
            }
        }
    }

    private static void assertCompletes(CompletableFuture<?> future, String what) throws Exception {
        try {
            future.get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).as(what).isInstanceOf(NbdException.class);
        } catch (TimeoutException e) {
            fail(what + ": a future has not completed");
        }
    }
}
