// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.async;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class TrackedFutureTest {
    private final List<String> undone = new ArrayList<>();

    /** One that can no longer be cancelled: its result is on the way. */
    private static final class OnItsWay extends TrackedFuture<String> {
        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return false;
        }
    }

    @Test
    void aResultThatReachesNobodyIsUndone() {
        OnItsWay second = new OnItsWay();
        second.ifLost(undone::add);
        TrackedFuture<String> first = new TrackedFuture<>();
        CompletableFuture<String> held = first.thenCompose(done -> second);
        first.succeed("first");

        held.cancel(false);
        second.succeed("second");

        assertThat(undone).containsExactly("second");
    }

    @Test
    void oneThatReachesItsHolderIsNot() {
        OnItsWay second = new OnItsWay();
        second.ifLost(undone::add);
        TrackedFuture<String> first = new TrackedFuture<>();
        CompletableFuture<String> held = first.thenCompose(done -> second);
        first.succeed("first");

        second.succeed("second");
        held.cancel(false);

        assertThat(held).isCompletedWithValue("second");
        assertThat(undone).isEmpty();
    }
}
