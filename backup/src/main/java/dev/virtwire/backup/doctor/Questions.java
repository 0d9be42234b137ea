// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.Reasons;
import dev.virtwire.client.AccessDeniedException;
import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.repository.RepositoryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Asks one question after another, each on a thread of its own and for so long: a file system that does not answer, or
 * a host that refuses something, costs one row and no other.
 */
final class Questions {
    /** What a question brought, and the row for it. */
    private record Fetched<T>(T value, Answer answer) {}

    /** Makes the row for what was fetched. */
    interface Said<T> {
        /** The answer that the row gives. */
        Answer of(T value) throws Exception;
    }

    private final Check.Kind kind;
    private final Duration patience;
    private final CompletableFuture<Void> cancelled;
    private final List<Check> checks = new ArrayList<>();

    /**
     * Not asked yet.
     *
     * @param kind what kind of thing is asked about
     * @param patience how long one may take
     * @param cancelled completes if nobody wants to know any more
     */
    Questions(Check.Kind kind, Duration patience, CompletableFuture<Void> cancelled) {
        this.kind = kind;
        this.patience = patience;
        this.cancelled = cancelled;
    }

    /** What was found so far. */
    List<Check> checks() {
        return checks;
    }

    /** Asks a question, whose answer becomes a row. */
    void ask(String of, String name, Callable<Answer> question) {
        fetch(of, name, question, answer -> answer);
    }

    /**
     * Asks for something that later questions need as well.
     *
     * @param said the row for what was fetched; it is made on the question's thread, because it may ask further
     * @return what was fetched, or null if that failed: then there is a row that says so
     */
    <T> @Nullable T fetch(String of, String name, Callable<T> question, Said<T> said) {
        T fetched = null;
        Answer answer;
        try {
            Fetched<T> found = within(() -> {
                T value = question.call();
                return new Fetched<>(value, said.of(value));
            });
            fetched = found.value();
            answer = found.answer();
        } catch (TimeoutException e) {
            answer = Answer.warning(
                    "there was no answer within " + patience.toSeconds() + " s",
                    "see whether libvirtd, the file system and the agent of the guest answer at all, and ask again");
        } catch (ExecutionException e) {
            answer = failed(e.getCause());
        }
        add(of, name, answer);
        return fetched;
    }

    /** Adds a row without a question. */
    void add(String of, String name, Answer answer) {
        checks.add(new Check(kind, of, name, answer.result(), answer.found(), answer.remedy()));
    }

    private <T> T within(Callable<T> question) throws TimeoutException, ExecutionException {
        CompletableFuture<T> answer = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        answer.complete(question.call());
                    } catch (Exception | Error e) {
                        answer.completeExceptionally(e);
                    }
                },
                "virtwire question");
        // One that waits for a dead file system cannot be ended, and is not to keep the program from its end.
        thread.setDaemon(true);
        thread.start();
        try {
            CompletableFuture.anyOf(answer, cancelled).get(patience.toNanos(), TimeUnit.NANOSECONDS);
            requireNotCancelled();
            return answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BackupCancelledException("interrupted; nothing was changed", e);
        }
    }

    private void requireNotCancelled() {
        if (cancelled.isDone()) {
            throw new BackupCancelledException("interrupted; nothing was changed", null);
        }
    }

    private Answer failed(@Nullable Throwable failure) {
        if (failure instanceof CallTimeoutException) {
            return Answer.warning(
                    "libvirt did not answer within " + patience.toSeconds() + " s",
                    "see whether the host answers other clients, and ask again");
        }
        if (failure instanceof BackupException || failure instanceof RepositoryException) {
            // What a backup would fail with as well.
            return Answer.fails(String.valueOf(failure.getMessage()), null);
        }
        if (failure instanceof RemoteException missing && missing.is(ErrorCode.NO_DOMAIN)) {
            return Answer.fails(
                    "there is no such domain on the host", "see 'virtwire domains' for those that there are");
        }
        if (failure instanceof AccessDeniedException denied) {
            return Answer.warning(
                    "the host does not tell this user: " + message(denied),
                    "allow it to the user of this connection, or connect as another one");
        }
        if (failure instanceof RemoteException refused) {
            return Answer.warning("the host does not tell: " + message(refused), null);
        }
        return Answer.warning(
                "it could not be found out: " + (failure == null ? "for no reason that is known" : Reasons.of(failure)),
                null);
    }

    /** The server's own words. */
    static String message(RemoteException refused) {
        String message = refused.details().message();
        return message == null ? String.valueOf(refused.getMessage()) : message;
    }
}
