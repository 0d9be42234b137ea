// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

/** What the command's exit codes mean. */
public final class ExitCode {
    /** Everything that was asked for is done. */
    public static final int DONE = 0;

    /** It is not done; the error says why. */
    public static final int FAILED = 1;

    /** The command line makes no sense, so nothing was begun. */
    public static final int USAGE = 2;

    /** What is stored was looked at, and is damaged. */
    public static final int DAMAGED = 3;

    /** It is done, with warnings: a restore would miss something, or a person has to do something. */
    public static final int WARNINGS = 4;

    /** The user or the system ended it, and what it had begun is cleaned up, or named. */
    public static final int INTERRUPTED = 130;

    /** Who read standard output did not want all of it: what the shell says of a program that SIGPIPE ended. */
    public static final int NOT_READ = 141;

    private ExitCode() {}
}
