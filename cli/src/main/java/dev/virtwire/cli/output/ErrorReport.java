// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.client.AuthenticationException;
import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.InvalidUriException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.jobs.report.Reasons;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.RepositoryException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** Turns what a command threw into one line on standard error and an exit code. */
public final class ErrorReport {
    private final Console console;
    private final boolean json;
    private final boolean traces;

    /**
     * Creates the report.
     *
     * @param json whether the line is JSON
     * @param traces whether the stack trace follows
     */
    public ErrorReport(Console console, boolean json, boolean traces) {
        this.console = console;
        this.json = json;
        this.traces = traces;
        console.interruption().asJson(json);
    }

    /** Reports a command line that cannot be understood, and which command's help explains it. */
    public int usage(String message, String help) {
        String text = Reasons.oneLine(message);
        String sentence = Character.toLowerCase(text.charAt(0)) + text.substring(1);
        print("usage", sentence + " (see: " + help + ")", ExitCode.USAGE, null);
        return ExitCode.USAGE;
    }

    /** Reports a failure of the command itself. */
    public int report(String message) {
        return report(CommandException.failed(message, null));
    }

    /** Reports what a command threw. */
    public int report(Throwable thrown) {
        Throwable failure = LibvirtException.unwrap(thrown);
        // If a signal ended the work, its failure is no news, and the clean-up reports.
        console.interruption().awaitIfBegun();
        int code = exitCode(failure);
        print(kind(failure), message(failure), code, failure);
        if (traces) {
            printTrace(failure);
        }
        return code;
    }

    /** Messages in it may be of somebody else's making. */
    private void printTrace(Throwable failure) {
        StringWriter trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace));
        trace.toString()
                .lines()
                .forEach(line -> console.err()
                        .println(
                                line.startsWith("\t")
                                        ? "\t" + TerminalText.printable(line.substring(1))
                                        : TerminalText.printable(line)));
    }

    private void print(String kind, String message, int code, @Nullable Throwable failure) {
        // If both streams go to one place, what was printed so far comes first.
        console.out().flush();
        if (json) {
            console.err().println(json(kind, message, code, remote(failure)));
        } else {
            console.tell("error: " + message);
        }
    }

    /** The sentence for a failure: its own message if it is ours, and what it means if it is the JDK's. */
    public static String message(Throwable thrown) {
        Throwable failure = LibvirtException.unwrap(thrown);
        if (failure instanceof OutOfMemoryError) {
            return "out of memory (" + failure.getMessage() + "); VIRTWIRE_OPTS=-Xmx512m, for instance, gives it more";
        }
        return ours(failure) || failure instanceof IOException || failure instanceof UncheckedIOException
                ? Reasons.of(failure)
                : "internal error: " + Reasons.oneLine(failure.toString()) + " (--verbose shows where)";
    }

    private static boolean ours(Throwable failure) {
        return failure instanceof LibvirtException
                || failure instanceof BackupException
                || failure instanceof RepositoryException
                || failure instanceof CommandException;
    }

    private static boolean cancelled(Throwable failure) {
        return failure instanceof BackupCancelledException || failure instanceof OperationCancelledException;
    }

    private static int exitCode(Throwable failure) {
        if (failure instanceof CommandException known) {
            return known.exitCode();
        }
        if (failure instanceof InvalidUriException) {
            return ExitCode.USAGE;
        }
        if (failure instanceof DamagedException) {
            return ExitCode.DAMAGED;
        }
        return cancelled(failure) ? ExitCode.INTERRUPTED : ExitCode.FAILED;
    }

    private static String kind(Throwable failure) {
        if (failure instanceof CommandException known) {
            return known.kind();
        }
        if (failure instanceof LibvirtException) {
            return libvirtKind(failure);
        }
        if (failure instanceof DamagedException) {
            return "damaged";
        }
        if (cancelled(failure)) {
            return "interrupted";
        }
        if (failure instanceof RepositoryException) {
            return "repository";
        }
        if (failure instanceof BackupException) {
            return "backup";
        }
        return failure instanceof IOException || failure instanceof UncheckedIOException ? "io" : "internal";
    }

    private static String libvirtKind(Throwable failure) {
        if (failure instanceof RemoteException) {
            return "server";
        }
        if (failure instanceof InvalidUriException) {
            return "usage";
        }
        if (failure instanceof ConnectFailedException) {
            return "connect";
        }
        if (failure instanceof AuthenticationException) {
            return "authentication";
        }
        if (failure instanceof ConfigurationException) {
            return "configuration";
        }
        if (failure instanceof ConnectionLostException) {
            return "connection-lost";
        }
        if (failure instanceof CallTimeoutException) {
            return "timeout";
        }
        return failure instanceof ProtocolException ? "protocol" : "failed";
    }

    private static @Nullable RemoteException remote(@Nullable Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RemoteException remote) {
                return remote;
            }
        }
        return null;
    }

    /** The line of an error in JSON. */
    static String json(String kind, String message, int code, @Nullable RemoteException remote) {
        return Json.line(json -> write(json, kind, message, code, remote));
    }

    /** A failure as the field {@code error} of the object that is being written. */
    public static void writeField(JsonGenerator json, Throwable thrown) throws IOException {
        Throwable failure = LibvirtException.unwrap(thrown);
        write(json, kind(failure), message(failure), exitCode(failure), remote(failure));
    }

    private static void write(
            JsonGenerator json, String kind, String message, int code, @Nullable RemoteException remote)
            throws IOException {
        json.writeObjectFieldStart("error");
        json.writeStringField("kind", kind);
        json.writeStringField("message", message);
        json.writeNumberField("exitCode", code);
        if (remote != null) {
            json.writeNumberField("libvirtCode", remote.codeNumber());
            json.writeStringField(
                    "libvirtCodeName", remote.code().map(ErrorCode::name).orElse(null));
        }
        json.writeEndObject();
    }
}
