// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Asks for block status ahead of a walk. If a request covers 4 GiB at most, a sparse disk of 16 TiB takes thousands,
 * and one after the other each would cost a round trip. Asks for one range at a time, however, as long as the answers
 * are long, so that they do not pile up in memory.
 */
final class StatusAhead {
    private static final int MAX_AHEAD = 8;
    /** Extents of all contexts in an answer that still counts as short. */
    private static final int SHORT_ANSWER = 1024;

    /** A question: for the extents from start to end, exclusive. */
    private record Question(long start, long end, CompletableFuture<Map<String, ExtentList>> answer) {}

    private final NbdReader connection;
    private final long end;
    private final ArrayDeque<Question> asked = new ArrayDeque<>();
    private int ahead = 1;

    /** Asks up to {@code end}. */
    StatusAhead(NbdReader connection, long end) {
        this.connection = connection;
        this.end = end;
    }

    /**
     * An answer in which the extents of every context cover {@code position}; blocks. Positions only ever grow.
     *
     * @throws NbdException when the server could not be asked
     */
    Map<String, ExtentList> take(long position) {
        requireNotReader();
        while (true) {
            // An answer may have been longer than the question, and make the next ones needless.
            while (!asked.isEmpty() && asked.element().end() <= position) {
                asked.remove();
            }
            if (asked.isEmpty() || asked.element().start() > position) {
                long limit = asked.isEmpty() ? end : asked.element().start();
                asked.addFirst(ask(position, limit));
            }
            askAhead();
            Question question = asked.remove();
            Map<String, ExtentList> answer = await(question);
            if (covers(answer, position)) {
                return answer;
            }
            if (question.start() + connection.export().minimumBlockSize() > position) {
                throw StatusRange.noProgress(connection, question.start(), question.end() - question.start());
            }
        }
    }

    /** Fails at once if it is a reader thread that would wait for itself. */
    private void requireNotReader() {
        Thread thread = Thread.currentThread();
        boolean reader = connection instanceof NbdConnection one
                ? one.isReader(thread)
                : connection instanceof NbdSession session && session.isReader(thread);
        if (reader) {
            throw new IllegalStateException(
                    connection.uri() + ": the reader thread of a connection cannot wait for its replies");
        }
    }

    private void askAhead() {
        while (asked.size() < ahead && asked.getLast().end() < end) {
            asked.addLast(ask(asked.getLast().end(), end));
        }
    }

    private Question ask(long position, long limit) {
        // Extents may end anywhere, requests may not begin anywhere.
        long start = position - position % connection.export().minimumBlockSize();
        long length = Math.min(limit - start, StatusRange.longest(connection.export()));
        return new Question(start, start + length, connection.blockStatus(start, length));
    }

    private Map<String, ExtentList> await(Question question) {
        Map<String, ExtentList> answer;
        try {
            answer = question.answer().join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof NbdException nbd ? nbd : e;
        }
        int extents = answer.values().stream().mapToInt(ExtentList::size).sum();
        ahead = extents > SHORT_ANSWER ? 1 : Math.min(MAX_AHEAD, ahead * 2);
        return answer;
    }

    private static boolean covers(Map<String, ExtentList> answer, long position) {
        for (ExtentList list : answer.values()) {
            if (list.end() <= position) {
                return false;
            }
        }
        return true;
    }
}
