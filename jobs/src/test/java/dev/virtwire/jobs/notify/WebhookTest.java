// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.jobs.config.NotificationSettings.Address;
import dev.virtwire.jobs.config.NotificationSettings.Http;
import dev.virtwire.jobs.config.NotificationSettings.Webhook;
import dev.virtwire.jobs.config.NotificationSettings.When;
import dev.virtwire.jobs.config.Secret;
import dev.virtwire.testkit.TestPki;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Above all what happens if the server does not do what it should. */
class WebhookTest {
    private static final Duration PAUSE = Duration.ofMillis(10);
    private static final Http PATIENT = new Http(3, Duration.ofSeconds(30), null);

    @TempDir
    Path folder;

    private static Webhook to(String address, Secret token, When when) {
        return new Webhook("hook", new Address(address, null), Map.of("X-From", "virtwire"), token, when, PATIENT);
    }

    private static void post(Http http, String address) throws NotificationException {
        new Posting(http, PAUSE).post(address, "text/plain", "hello", Map.of());
    }

    @Test
    void theResultIsPostedAsJsonWithTheToken() throws Exception {
        Path token = Files.writeString(folder.resolve("token"), "t0ken\n");
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        try (WebServer server = WebServer.start()) {
            new WebhookNotifier(to(server.address("/in?x=1"), new Secret.OfFile(token), When.ALWAYS), Map.of())
                    .ended(Results.failed());

            assertThat(server.requests()).hasSize(1);
            WebServer.Request request = server.requests().get(0);
            assertThat(request.path()).isEqualTo("/in?x=1");
            assertThat(request.authorization()).isEqualTo("Bearer t0ken");
            assertThat(request.contentType()).isEqualTo("application/json");
            JsonNode json = new ObjectMapper().readTree(request.body());
            assertThat(json.get("outcome").asText()).isEqualTo("failed");
            assertThat(json.at("/domains/0/domain").asText()).isEqualTo("wëb1");
            assertThat(json.at("/domains/0/hooks/0/lastLines/1").asText()).isEqualTo("no room");
        }
    }

    @Test
    void onlyThoseAreToldWhoWantTo() throws Exception {
        try (WebServer server = WebServer.start()) {
            for (When when : When.values()) {
                WebhookNotifier notifier = new WebhookNotifier(to(server.address("/" + when), null, when), Map.of());
                notifier.ended(Results.done());
                notifier.ended(Results.warned());
                notifier.ended(Results.failed());
            }
            assertThat(server.requests())
                    .extracting(WebServer.Request::path)
                    .containsExactly("/always", "/always", "/always", "/warning", "/warning", "/failure");
        }
    }

    @Test
    void aServerThatFailsIsTriedAgain() throws Exception {
        try (WebServer server = WebServer.start().answering(500, 429)) {
            post(PATIENT, server.address("/"));
            assertThat(server.requests()).hasSize(3);
        }
    }

    @Test
    void aServerThatFailsOnIsGivenUp() {
        try (WebServer server = WebServer.start().answering(500, 503, 502)) {
            assertThatThrownBy(() -> post(PATIENT, server.address("/s3cret")))
                    .hasMessage("localhost answered with status 502, at the last of 3 tries");
            assertThat(server.requests()).hasSize(3);
        }
    }

    @Test
    void whatTheServerRefusesIsNotSentAgain() {
        try (WebServer server = WebServer.start().answering(404)) {
            assertThatThrownBy(() -> post(PATIENT, server.address("/")))
                    .hasMessage("localhost answered with status 404");
            assertThat(server.requests()).hasSize(1);
        }
    }

    /** It could lead anywhere, with the result and the token. */
    @Test
    void aRedirectIsNotFollowed() {
        try (WebServer server = WebServer.start().answering(302)) {
            assertThatThrownBy(() -> post(PATIENT, server.address("/")))
                    .hasMessage("localhost answered with status 302");
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void aServerThatIsAwayIsSaidWithoutTheAddress() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertThatThrownBy(() -> post(PATIENT, "http://localhost:" + port + "/s3cret"))
                .isInstanceOf(NotificationException.class)
                .hasMessageStartingWith("localhost cannot be reached: ")
                .hasMessageEndingWith(", at the last of 3 tries")
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void aServerThatSaysNothingIsNotWaitedForLongerThanTheTimeout() {
        Http hasty = new Http(2, Duration.ofMillis(300), null);
        try (WebServer server = WebServer.start().answering(WebServer.SILENCE, WebServer.SILENCE)) {
            assertThatThrownBy(() -> post(hasty, server.address("/")))
                    .hasMessage("localhost cannot be reached: request timed out, at the last of 2 tries");
        }
    }

    /** A proxy whose service hangs: the head of the answer is there, its body never ends. */
    @ParameterizedTest
    @CsvSource({"200,", "404, localhost answered with status 404"})
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    void anAnswerThatDoesNotEndIsJudgedByItsStatus(int status, String failure) throws Exception {
        Http hasty = new Http(2, Duration.ofSeconds(2), null);
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread answering = new Thread(() -> {
                // Open until the server closes.
                List<Socket> clients = new ArrayList<>();
                try {
                    while (true) {
                        Socket client = server.accept();
                        clients.add(client);
                        assertThat(client.getInputStream().read()).isEqualTo('P');
                        client.getOutputStream()
                                .write(("HTTP/1.1 " + status + " x\r\nContent-Length: 10\r\n\r\nab")
                                        .getBytes(StandardCharsets.US_ASCII));
                    }
                } catch (IOException e) {
                    assertThat(server.isClosed()).isTrue();
                }
            });
            answering.start();
            AbstractThrowableAssert<?, ?> thrown =
                    assertThatCode(() -> post(hasty, "http://localhost:" + server.getLocalPort() + "/"));
            if (failure == null) {
                thrown.doesNotThrowAnyException();
            } else {
                thrown.hasMessage(failure);
            }
        }
    }

    @Test
    void aCertificateOfAnUnknownAuthorityIsRefusedAndOfAKnownOneTaken() throws Exception {
        TestPki pki = new TestPki("Notification CA");
        Path ca = folder.resolve("ca.pem");
        TestPki.pem(ca, pki.authority());
        try (WebServer server = WebServer.startTls(pki.server("localhost"))) {
            assertThatThrownBy(() -> post(PATIENT, server.address("/")))
                    .hasMessageStartingWith("no TLS with localhost: ");
            assertThat(server.requests()).isEmpty();
            post(new Http(3, Duration.ofSeconds(30), ca), server.address("/"));
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void aCertificateOfAnotherNameOrOfYesterdayIsRefused() throws Exception {
        TestPki pki = new TestPki("Notification CA");
        Path ca = folder.resolve("ca.pem");
        TestPki.pem(ca, pki.authority());
        Http http = new Http(3, Duration.ofSeconds(30), ca);
        for (TestPki.Identity wrong : new TestPki.Identity[] {
            pki.server("other.example.org"), pki.server(Duration.ofDays(-2), Duration.ofDays(-1), "localhost")
        }) {
            try (WebServer server = WebServer.startTls(wrong)) {
                assertThatThrownBy(() -> post(http, server.address("/")))
                        .hasMessageStartingWith("no TLS with localhost: ");
                assertThat(server.requests()).isEmpty();
            }
        }
    }

    @Test
    void aFileWithoutCertificatesIsSaid() throws Exception {
        Path ca = Files.writeString(folder.resolve("ca.pem"), "");
        assertThatThrownBy(() -> post(new Http(1, Duration.ofSeconds(30), ca), "https://localhost:1/"))
                .hasMessageContaining(ca.toString());
    }

    @Test
    void noFailureLeavesTheNotifications() {
        Webhook nowhere = new Webhook(
                "hook",
                new Address(null, new Secret.OfFile(folder.resolve("missing"))),
                Map.of(),
                null,
                When.ALWAYS,
                PATIENT);
        Notifications notifications = new Notifications(java.util.List.of(nowhere), Map.of());
        assertThatCode(() -> assertThat(notifications.ended(Results.done()).warnings())
                        .containsExactly(
                                "notification 'hook' failed: there is no secret file " + folder.resolve("missing")))
                .doesNotThrowAnyException();
        assertThat(notifications.ended(Results.done()).outcome().exitCode()).isEqualTo(4);
    }
}
