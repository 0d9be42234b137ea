// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class NoticesTest {
    @Test
    void eachIsGivenOnceHoweverOftenItIsWrapped() {
        List<String> given = new ArrayList<>();
        Consumer<String> notices = Notices.onceEach(Notices.onceEach(given::add));
        notices.accept("a");
        notices.accept("b");
        notices.accept("a");
        assertThat(given).containsExactly("a", "b");
    }

    @Test
    void aListenerThatFailsEndsNothing() {
        Notices.onceEach(notice -> {
                    throw new IllegalStateException("full");
                })
                .accept("a");
    }
}
