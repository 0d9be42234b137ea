// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.ConnectionLostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A connection that is lost while somebody waits, or looks whether he has to. */
class PatienceTest {
    private final List<String> told = new ArrayList<>();
    private int tries;

    private String work(int lost, Duration longest) {
        return new Patience(longest)
                .whenFree(
                        () -> {
                            tries++;
                            if (tries <= lost) {
                                throw new ConnectionLostException("host: the connection was lost");
                            }
                            return "done";
                        },
                        told::add,
                        time -> {});
    }

    @Test
    void isWaitedForAsAnotherJobIs() {
        assertThat(work(1, Duration.ofMinutes(2))).isEqualTo("done");
        assertThat(told).containsExactly("it waits for at most 2 min, because host: the connection was lost");
    }

    @Test
    void failsWhoDoesNotWait() {
        assertThatThrownBy(() -> work(1, Duration.ZERO)).isInstanceOf(ConnectionLostException.class);
        assertThat(tries).isEqualTo(1);
    }

    @Test
    void isNotWaitedForOnceItHasEnded() {
        assertThatThrownBy(() -> work(Integer.MAX_VALUE, Duration.ofHours(1)))
                .isInstanceOf(ConnectionLostException.class);
        assertThat(tries).isEqualTo(3);
    }
}
