// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.jobs.config.NotificationSettings;
import dev.virtwire.jobs.config.NotificationSettings.Address;
import dev.virtwire.jobs.config.NotificationSettings.Http;
import dev.virtwire.jobs.config.NotificationSettings.Ping;
import dev.virtwire.jobs.config.Secret;
import dev.virtwire.repository.Notice;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PingTest {
    @TempDir
    Path folder;

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

    @ParameterizedTest
    @CsvSource({
        "https://x/push/KEY?status=up, /fail, https://x/push/KEY/fail?status=up",
        "https://x/push/KEY/?status=up, /fail, https://x/push/KEY/fail?status=up",
        "https://x/push/KEY?status=up&msg=a, ?status=down, https://x/push/KEY?msg=a&status=down",
        "https://x/push/KEY, ?status=down, https://x/push/KEY?status=down",
        "https://x/push/KEY?a=1, /fail?b=2, https://x/push/KEY/fail?a=1&b=2",
        "https://x/push/KEY?a=1, '', https://x/push/KEY?a=1",
        "https://x, /start, https://x/start",
    })
    void whatIsAddedStandsBehindThePathAndNotBehindTheQuery(String address, String suffix, String whole) {
        assertThat(PingNotifier.address(address, suffix)).isEqualTo(whole);
    }

    @Test
    void aSecretThatIsNoAddressIsSaidAndNotRepeated() throws Exception {
        for (String wrong : List.of("https://example.org/s3cret#up", "s3cret", "https://me:s3cret@example.org/")) {
            Path file = Files.writeString(folder.resolve("url"), wrong);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            Http http = new Http(1, Duration.ofSeconds(30), null);
            Address address = new Address(null, new Secret.OfFile(file));
            List<Notice> warnings = of(new Ping("dead-man", address, "/start", "", "", "/fail", http))
                    .began("nightly", "backup1");
            assertThat(warnings)
                    .singleElement()
                    .extracting(Notice::text)
                    .asString()
                    .startsWith("notification 'dead-man' failed: the address is a secret that cannot be used: ")
                    .doesNotContain("s3cret");
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
