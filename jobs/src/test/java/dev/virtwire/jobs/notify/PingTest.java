// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.jobs.config.NotificationSettings;
import dev.virtwire.jobs.config.NotificationSettings.Address;
import dev.virtwire.jobs.config.NotificationSettings.Http;
import dev.virtwire.jobs.config.NotificationSettings.Ping;
import dev.virtwire.repository.Notice;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PingTest {
    private static Ping to(String address, String start) {
        Http http = new Http(1, Duration.ofSeconds(30), null);
        return new Ping("dead-man", new Address(address, null), start, "", "?warnings", "/fail", http);
    }

    private static Notifications of(NotificationSettings settings) {
        return new Notifications(List.of(settings), Map.of());
    }

    @Test
    void startSuccessWarningAndFailureHaveTheirAddresses() {
        try (WebServer server = WebServer.start()) {
            Notifications notifications = of(to(server.address("/ping/uuid"), "/start"));
            assertThat(notifications.began("nightly", "backup1")).isEmpty();
            notifications.ended(Results.done());
            notifications.ended(Results.warned());
            notifications.ended(Results.failed());

            assertThat(server.requests())
                    .extracting(WebServer.Request::path)
                    .containsExactly("/ping/uuid/start", "/ping/uuid", "/ping/uuid?warnings", "/ping/uuid/fail");
            assertThat(server.requests().get(3).body())
                    .startsWith("job nightly on backup1 failed: wëb1\nfailed: wëb1: it was not backed up, because hook"
                            + " before-guest failed with exit code 3\n")
                    .endsWith("hook before-guest of wëb1: line 1\nhook before-guest of wëb1: no room\n");
        }
    }

    @Test
    void aStartThatCannotBeToldIsAWarning() {
        try (WebServer server = WebServer.start().answering(500)) {
            List<Notice> warnings = of(to(server.address("/"), "/start")).began("nightly", "backup1");
            assertThat(warnings)
                    .containsExactly(
                            Notice.warning("notification 'dead-man' failed: localhost answered with status 500"));
        }
    }

    @Test
    void noStartIsToldIfNobodyWantsIt() {
        try (WebServer server = WebServer.start()) {
            assertThat(of(to(server.address("/"), null)).began("nightly", "backup1"))
                    .isEmpty();
            assertThat(server.requests()).isEmpty();
        }
    }

    /** Such services cut what is too long, or refuse it. */
    @Test
    void theBodyIsShort() {
        try (WebServer server = WebServer.start()) {
            of(to(server.address("/"), null))
                    .ended(Results.of(Collections.nCopies(2000, "host kvm1 cannot be reached"), List.of(), List.of()));
            assertThat(server.requests().get(0).body().getBytes(StandardCharsets.UTF_8).length)
                    .isLessThan(10_200);
            assertThat(server.requests().get(0).body()).endsWith("…\n");
        }
    }
}
