// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The configuration cannot be used.
 *
 * @since 0.1
 */
public final class ConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /** Because of these mistakes. */
    public ConfigurationException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** Because it cannot be read at all. */
    public ConfigurationException(String message) {
        super(message);
        this.problems = List.of();
    }

    /** All mistakes, in the order of the file; none if it could not be read. */
    public List<Problem> problems() {
        return problems;
    }
}
