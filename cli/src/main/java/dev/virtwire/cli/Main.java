// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import dev.virtwire.cli.command.VirtwireCommand;
import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.ErrorReport;
import dev.virtwire.cli.output.ExitCode;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Where the {@code virtwire} command begins. */
public final class Main {
    private Main() {}

    /** Runs one command and ends the JVM with its exit code. */
    public static void main(String[] arguments) {
        Console console = Console.ofThisProcess();
        int code = run(console, arguments);
        console.interruption().finish();
        System.exit(code);
    }

    /** Runs one command and returns its exit code. */
    public static int run(Console console, String... arguments) {
        // Set before the first logger exists, which is before anything but the command line has been read.
        System.setProperty("org.slf4j.simpleLogger.logFile", "System.err");
        System.setProperty("org.slf4j.simpleLogger.showDateTime", "true");
        System.setProperty("org.slf4j.simpleLogger.dateTimeFormat", "HH:mm:ss.SSS");
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "off");

        List<String> words = Arrays.asList(arguments);
        VirtwireCommand root = new VirtwireCommand(console);
        ErrorReport errors = new ErrorReport(console, asksFor(words, "--json"), asksFor(words, "-v", "--verbose"));
        CommandLine commandLine = CommandTree.of(root, words)
                .setOut(console.writer())
                .setErr(console.errorWriter())
                .setParameterExceptionHandler(new UsageReport(errors))
                .setExecutionExceptionHandler(new FailureReport(errors));
        int code = commandLine.execute(arguments);
        console.interruption().awaitIfBegun();
        if (console.flush() || (code != ExitCode.DONE && code != ExitCode.WARNINGS)) {
            return code;
        }
        if (console.readerGone()) {
            return code == ExitCode.DONE ? ExitCode.NOT_READ : code;
        }
        return errors.report("standard output could not be written to its end");
    }

    /** Known even if the rest of the line cannot be understood. */
    private static boolean asksFor(List<String> words, String... options) {
        return words.stream().takeWhile(word -> !word.equals("--")).anyMatch(List.of(options)::contains);
    }

    private static String sentence(ParameterException failure) {
        if (failure instanceof UnmatchedArgumentException unmatched
                && !unmatched.isUnknownOption()
                && unmatched.getCommandLine().getCommand() instanceof VirtwireCommand) {
            String word = unmatched.getUnmatched().get(0);
            // Two letters in a row are enough for picocli; who mistypes a name gets its first letter right.
            String similar = unmatched.getSuggestions().stream()
                    .filter(name -> !word.isEmpty() && name.charAt(0) == word.charAt(0))
                    .findFirst()
                    .map(name -> "; did you mean " + name + "?")
                    .orElse("");
            return "there is no command '" + word + "'" + similar;
        }
        return String.valueOf(failure.getMessage());
    }

    private static String help(ParameterException failure) {
        return failure.getCommandLine().getCommandSpec().qualifiedName() + " --help";
    }

    /** No lambda: those of picocli's old interfaces are in no class-data archive, and would be made at each start. */
    private record UsageReport(ErrorReport errors) implements IParameterExceptionHandler {
        @Override
        public int handleParseException(ParameterException failure, String[] arguments) {
            return errors.usage(sentence(failure), help(failure));
        }
    }

    private record FailureReport(ErrorReport errors) implements IExecutionExceptionHandler {
        @Override
        public int handleExecutionException(Exception failure, CommandLine command, ParseResult result) {
            return errors.report(failure);
        }
    }
}
