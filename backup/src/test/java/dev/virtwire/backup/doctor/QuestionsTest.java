// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.doctor.Check.Result;
import dev.virtwire.repository.RepositoryException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A question, and the row for what it brought, cost one row whatever happens. */
class QuestionsTest {
    @Test
    void anAnswerThatCannotBeMadeIsARow() {
        Questions questions = new Questions(Check.Kind.REPOSITORY, Duration.ofMinutes(10), new CompletableFuture<>());
        Integer fetched = questions.fetch("repository", "folder", () -> 1, one -> {
            throw new RepositoryException("it cannot be listed");
        });
        assertThat(fetched).isNull();
        assertThat(questions.checks())
                .containsExactly(new Check(
                        Check.Kind.REPOSITORY, "repository", "folder", Result.FAILS, "it cannot be listed", null));
    }

    @Test
    void anAnswerThatTakesTooLongIsARow() {
        Questions questions = new Questions(Check.Kind.REPOSITORY, Duration.ofMillis(50), new CompletableFuture<>());
        CompletableFuture<Answer> never = new CompletableFuture<>();
        assertThat(questions.fetch("repository", "folder", () -> 1, one -> never.join()))
                .isNull();
        assertThat(questions.checks()).singleElement().satisfies(check -> {
            assertThat(check.result()).isEqualTo(Result.WARNING);
            assertThat(check.found()).startsWith("there was no answer within ");
        });
    }
}
