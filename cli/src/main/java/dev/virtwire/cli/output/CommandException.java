// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import org.jspecify.annotations.Nullable;

/** An error that a command raises itself: one sentence for the user, and the exit code. */
public final class CommandException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;
    private final String kind;

    private CommandException(int exitCode, String kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
        this.kind = kind;
    }

    /** What was asked for cannot be done. */
    public static CommandException failed(String message, @Nullable Throwable cause) {
        return new CommandException(ExitCode.FAILED, "failed", message, cause);
    }

    /** What was named does not exist. */
    public static CommandException notFound(String message) {
        return new CommandException(ExitCode.FAILED, "not-found", message, null);
    }

    /** What was asked for makes no sense. */
    public static CommandException usage(String message, @Nullable Throwable cause) {
        return new CommandException(ExitCode.USAGE, "usage", message, cause);
    }

    /** What is stored is damaged; what could be done was done. */
    public static CommandException damaged(String message) {
        return new CommandException(ExitCode.DAMAGED, "damaged", message, null);
    }

    /** What the configuration says cannot be used. */
    public static CommandException configuration(String message) {
        return new CommandException(ExitCode.FAILED, "configuration", message, null);
    }

    /** What kind of error it is, in one word for programs. */
    public String kind() {
        return kind;
    }

    /** The process's exit code. */
    public int exitCode() {
        return exitCode;
    }
}
