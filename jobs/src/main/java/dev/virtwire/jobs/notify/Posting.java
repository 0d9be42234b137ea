// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.config.NotificationSettings.Http;
import dev.virtwire.jobs.config.Web;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Sends a text to a web address, and tries again if that may help: the server is away, slow, has an error of its own or
 * has too much to do. Redirects are not followed, certificates are always checked, and no message has the address,
 * which may be a secret.
 */
final class Posting {
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;
    private static final int REQUEST_TIMEOUT = 408;

    private final Http settings;
    private final Duration firstPause;

    /** What a try came to that was no success. */
    private record Failure(
            String message, boolean mayPass, @Nullable Throwable cause) {}

    Posting(Http settings) {
        this(settings, Http.FIRST_PAUSE);
    }

    /**
     * With another pause.
     *
     * @param firstPause the pause before the second try; each later one is twice as long
     */
    Posting(Http settings, Duration firstPause) {
        this.settings = settings;
        this.firstPause = firstPause;
    }

    /** Sends it until the server says that it has it. */
    void post(String address, String contentType, String body, Map<String, String> headers)
            throws NotificationException {
        HttpRequest request = request(address, contentType, body, headers);
        HttpClient client = HttpClient.newBuilder()
                .sslContext(TrustedCertificates.context(settings.ca()))
                .connectTimeout(settings.timeout())
                .followRedirects(HttpClient.Redirect.NEVER)
                .version(HttpClient.Version.HTTP_1_1)
                .build();
        Duration pause = firstPause;
        for (int tried = 1; ; tried++) {
            Failure failure = attempt(client, request, settings.timeout());
            if (failure == null) {
                return;
            }
            if (tried >= settings.tries() || !failure.mayPass()) {
                String times = tried == 1 ? "" : ", at the last of " + tried + " tries";
                throw new NotificationException(failure.message() + times, failure.cause());
            }
            sleep(pause);
            pause = pause.multipliedBy(2);
        }
    }

    private HttpRequest request(String address, String contentType, String body, Map<String, String> headers)
            throws NotificationException {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(Web.requireAddress(address)))
                    .header("Content-Type", contentType)
                    .header("User-Agent", "virtwire")
                    .POST(HttpRequest.BodyPublishers.ofString(body, StandardCharsets.UTF_8));
            headers.forEach(request::setHeader);
            return request.build();
        } catch (IllegalArgumentException e) {
            // Without the cause, whose message has the address or a header's value.
            throw new NotificationException("the address, or a header, cannot be used", null);
        }
    }

    /** A server that begins an answer need not end it, so the limit is for all of the answer. */
    private static @Nullable Failure attempt(HttpClient client, HttpRequest request, Duration limit)
            throws NotificationException {
        String host = request.uri().getHost();
        AtomicInteger status = new AtomicInteger();
        // The body says nothing that is needed, and may have any length.
        CompletableFuture<HttpResponse<Void>> answer = client.sendAsync(request, head -> {
            status.set(head.statusCode());
            return HttpResponse.BodySubscribers.discarding();
        });
        try {
            answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
            return ofStatus(host, status.get());
        } catch (TimeoutException e) {
            // What its head says counts, also if no end comes.
            return status.get() == 0
                    ? new Failure(host + " cannot be reached: request timed out", true, e)
                    : ofStatus(host, status.get());
        } catch (ExecutionException e) {
            // So it does if the connection breaks while the body comes.
            return status.get() == 0
                    ? ofFailure(host, e.getCause() == null ? e : e.getCause())
                    : ofStatus(host, status.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotificationException("interrupted", e);
        } finally {
            answer.cancel(true);
        }
    }

    private static @Nullable Failure ofStatus(String host, int status) {
        if (status >= 200 && status < 300) {
            return null;
        }
        boolean mayPass = status >= SERVER_ERROR || status == TOO_MANY_REQUESTS || status == REQUEST_TIMEOUT;
        return new Failure(host + " answered with status " + status, mayPass, null);
    }

    private static Failure ofFailure(String host, Throwable failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof SSLException) {
                return new Failure("no TLS with " + host + ": " + each.getMessage(), false, failure);
            }
        }
        String message = failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        return new Failure(host + " cannot be reached: " + message, failure instanceof IOException, failure);
    }

    private static void sleep(Duration pause) throws NotificationException {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NotificationException("interrupted", e);
        }
    }
}
