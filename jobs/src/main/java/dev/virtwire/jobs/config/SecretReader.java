// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import dev.virtwire.jobs.config.NotificationSettings.Address;
import dev.virtwire.jobs.internal.yaml.Section;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads where secrets are. */
final class SecretReader {
    private static final Pattern CREDENTIAL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,254}");

    private final boolean looks;

    /**
     * Reads where secrets are.
     *
     * @param looks whether the files are looked at: one that is missing, or that others may read, is a mistake then
     */
    SecretReader(boolean looks) {
        this.looks = looks;
    }

    /** The secret of a key, or null; what stands there itself is a mistake, and is not repeated. */
    @Nullable
    Secret read(Section parent, String key) {
        if (parent.has(key) && !parent.isSection(key)) {
            parent.mistake(
                    key,
                    parent.name(key) + " is a secret, and a secret never stands in this file: write 'file: PATH',"
                            + " 'command: PROGRAM' or 'credential: NAME' below it");
            return null;
        }
        Section section = parent.section(key);
        return section == null ? null : read(section);
    }

    private @Nullable Secret read(Section section) {
        long given =
                Stream.of("file", "command", "credential").filter(section::has).count();
        Path file = section.value("file", ConfigurationReader::absolute);
        List<String> command = command(section, "command");
        String credential = section.text("credential");
        section.end();
        if (given != 1) {
            section.mistake("'" + section.path() + "' needs one of the keys file, command and credential");
            return null;
        }
        if (file != null) {
            Secret secret = new Secret.OfFile(file);
            String problem = looks ? secret.problem() : null;
            if (problem != null) {
                section.mistake("file", problem);
            }
            return secret;
        }
        if (credential != null && !CREDENTIAL.matcher(credential).matches()) {
            section.mistake("credential", section.name("credential") + " is the name of one of systemd's credentials");
            return null;
        }
        return credential != null
                ? new Secret.OfCredential(credential)
                : command.isEmpty() ? null : new Secret.OfCommand(command);
    }

    /** An address may be a secret, as those of many services are. */
    @Nullable
    Address address(Section section, String key) {
        section.require(key);
        if (section.isSection(key)) {
            Secret secret = read(section, key);
            return secret == null ? null : new Address(null, secret);
        }
        String text = section.secretive(key, Web::requireAddress);
        return text == null ? null : new Address(text, null);
    }

    /** A program with its arguments, or a script for the shell; empty if the key is missing. */
    static List<String> command(Section section, String key) {
        if (section.isList(key)) {
            return section.texts(key);
        }
        String script = section.block(key);
        return script == null ? List.of() : List.of("/bin/sh", "-c", script);
    }
}
