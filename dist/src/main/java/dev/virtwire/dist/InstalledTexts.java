// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import dev.virtwire.cli.CommandTree;
import dev.virtwire.cli.Main;
import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.Interruption;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Makes what is installed beside the jars, as a part of the build: the manual's pages, and the shells' completions. */
public final class InstalledTexts {
    private static final Map<String, String> COMPLETIONS =
            Map.of("bash", "virtwire", "zsh", "_virtwire", "fish", "virtwire.fish");

    private InstalledTexts() {}

    /** Called by the build with the folder to write to, the version, and the time that all files of a build have. */
    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        String date = arguments[2].substring(0, "2026-11-22".length());
        try (PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
            CommandSpec root = CommandTree.whole(console(nowhere)).getCommandSpec();
            Path man = Files.createDirectories(folder.resolve("man"));
            Files.writeString(man.resolve("virtwire.1"), ManPage.main(root, arguments[1], date));
            for (CommandLine command : root.subcommands().values()) {
                CommandSpec spec = command.getCommandSpec();
                Files.writeString(man.resolve("virtwire-" + spec.name() + ".1"), ManPage.of(spec, arguments[1], date));
            }
        }
        Path completions = Files.createDirectories(folder.resolve("completions"));
        for (Map.Entry<String, String> shell : COMPLETIONS.entrySet()) {
            Files.writeString(completions.resolve(shell.getValue()), printed("completion", shell.getKey()));
        }
    }

    private static String printed(String... arguments) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
            int code = Main.run(console(out), arguments);
            if (code != 0) {
                throw new IllegalStateException(String.join(" ", arguments) + ": exit code " + code);
            }
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static Console console(PrintStream out) {
        return new Console(out, out, false, Map.of(), Interruption.none(out));
    }
}
