// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import dev.virtwire.backup.Backups;
import dev.virtwire.cli.Main;
import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.Interruption;
import dev.virtwire.client.Libvirt;
import dev.virtwire.image.Qcow2Writer;
import dev.virtwire.nbd.NbdConnection;
import dev.virtwire.protocol.remote.DomainCalls;
import dev.virtwire.repository.Repository;
import dev.virtwire.ssh.SshTransportProvider;
import dev.virtwire.testkit.ScriptedLibvirtd;
import dev.virtwire.testkit.TwoDomains;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/**
 * Runs what short commands run, so that the JVM notes which classes they load: see {@link ClassDataArchive}. What moves
 * data needs a hypervisor; its classes are only loaded.
 */
public final class ArchiveTraining {
    private ArchiveTraining() {}

    /** Runs them all against a {@link ScriptedLibvirtd}, and one against each of the hosts, which have none. */
    public static void main(String[] hosts) throws IOException {
        for (Class<?> module : List.of(
                Backups.class,
                Repository.class,
                NbdConnection.class,
                Qcow2Writer.class,
                Libvirt.class,
                SshTransportProvider.class)) {
            loadAll(module, name -> true, name -> name.endsWith("/EventWire"));
        }
        loadAll(DomainCalls.class, ArchiveTraining::isOfBackups, ArchiveTraining::isOfBackups);
        Path repository = Files.createTempDirectory("virtwire");
        try {
            run(repository, hosts);
        } finally {
            try (Stream<Path> made = Files.walk(repository)) {
                for (Path path : made.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    /** Of the generated classes of procedures, few are ever needed, but a backup needs whole groups of them. */
    private static boolean isOfBackups(String name) {
        return name.matches(
                ".*/remote/((Domain|Block|Job|Checkpoint|Event|Connect)(Calls|Procedures)|(Domain|Connect).*Codec)");
    }

    /** Loads classes of a module, and of some runs what comes at their first use: a lambda is noted when it is made. */
    private static void loadAll(Class<?> ofTheModule, Predicate<String> loaded, Predicate<String> used)
            throws IOException {
        String jar =
                ofTheModule.getProtectionDomain().getCodeSource().getLocation().getPath();
        try (JarFile file = new JarFile(jar)) {
            for (JarEntry entry : Collections.list(file.entries())) {
                String name = entry.getName();
                if (!name.endsWith(".class") || name.equals("module-info.class")) {
                    continue;
                }
                String type = name.substring(0, name.length() - ".class".length());
                if (loaded.test(type)) {
                    try {
                        Class.forName(type.replace('/', '.'), used.test(type), ArchiveTraining.class.getClassLoader());
                    } catch (ClassNotFoundException e) {
                        throw new IllegalStateException(name + " of " + jar + " cannot be loaded", e);
                    }
                }
            }
        }
    }

    private static void run(Path repository, String... hosts) {
        Repository.openOrCreate(repository);
        // What a process of its own begins with; it is never interrupted.
        Console.ofThisProcess().interruption().finish();
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Console console = new Console(nowhere, nowhere, false, Map.of(), Interruption.none(nowhere));
        try (ScriptedLibvirtd libvirtd = TwoDomains.start()) {
            String uri = libvirtd.uri();
            run(console, 0, "-c", uri, "domains");
            run(console, 0, "-c", uri, "domains", "--json");
            run(console, 0, "-c", uri, "info", "web1");
            run(console, 1, "-c", uri, "info", "missing");
            run(console, 0, "-c", uri, "version");
            run(console, 0, "uri", uri);
            run(console, 0, "points", repository.toString());
            run(console, 0, "points", repository.toString(), "--json");
            for (String host : hosts) {
                run(console, 1, "-c", host, "version");
            }
            run(console, 1, "-c", uri, "backup", "web1", repository.toString());
            run(console, 0, "verify", repository.toString());
            run(console, 2, "wrong");
            run(console, 0, "--help");
        }
    }

    private static void run(Console console, int expected, String... arguments) {
        int code = Main.run(console, arguments);
        if (code != expected) {
            throw new IllegalStateException(String.join(" ", arguments) + ": exit code " + code);
        }
    }
}
