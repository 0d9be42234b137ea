// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What became of a {@link Child}.
 *
 * @param stopped the step before which it was killed, or null if it ended by itself
 * @param done what it said when it was done, or null if it did not
 * @param steps the steps that it took, if it was to take them all
 */
record ChildRun(String stopped, String done, List<String> steps) {
    /** The first of the steps that changes a file of that name. */
    static int firstOf(List<String> steps, String file) {
        for (int i = 0; i < steps.size(); i++) {
            if (steps.get(i).contains(file)) {
                return i;
            }
        }
        throw new AssertionError("no step changes " + file + ": " + steps);
    }

    /**
     * Runs a child and, if it stops, kills it: nothing of it runs from there on, no hook and no clean-up.
     *
     * @param last the step to stop before, or {@link Steps#ALL}
     */
    static ChildRun of(Action action, World world, int last) throws IOException, InterruptedException {
        return of(action, world, last, false);
    }

    /** As the other; where {@code power} is cut, all that was not synced is lost too. */
    static ChildRun of(Action action, World world, int last, boolean power) throws IOException, InterruptedException {
        Path aside = aside(world);
        World.deleteTree(aside);
        Path relay = world.scratch().resolve("relay");
        Files.deleteIfExists(relay);
        List<String> command = ChildJava.command(last == Steps.ALL, Child.class);
        command.addAll(List.of(
                action.name(),
                world.libvirtd().socket().toString(),
                relay.toString(),
                world.guest().name(),
                world.backups().toString(),
                world.out().toString(),
                Integer.toString(last)));
        if (power) {
            command.add(Files.createDirectory(aside).toString());
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String stopped = null;
        String done = null;
        List<String> steps = new ArrayList<>();
        try (BufferedReader output = process.inputReader()) {
            String line;
            while (stopped == null && (line = output.readLine()) != null) {
                String what = line.substring(line.indexOf(' ') + 1);
                if (line.startsWith("stopped ")) {
                    stopped = what;
                } else if (line.startsWith("done")) {
                    done = what;
                } else if (line.startsWith("step ")) {
                    steps.add(what);
                } else {
                    throw new IllegalStateException(line);
                }
            }
        } finally {
            if (stopped != null || last == Steps.ALL && done == null) {
                process.destroyForcibly();
            }
        }
        int code = process.waitFor();
        if (stopped == null && code != 0) {
            throw new IllegalStateException(action + " failed, though nobody killed it: exit code " + code);
        }
        return new ChildRun(stopped, done, steps);
    }

    /** Where what was deleted is kept while its deletion is not durable. */
    static Path aside(World world) {
        return world.scratch().resolveSibling(world.scratch().getFileName() + "-aside");
    }
}
