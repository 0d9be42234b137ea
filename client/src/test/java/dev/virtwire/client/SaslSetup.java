// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The server's side of SASL: its configuration, and a database of its own with one user. */
final class SaslSetup implements AutoCloseable {
    static final String USER = "fred";
    static final String PASSWORD = "tell-nobody-0815";

    /** The name that a private libvirtd's host has. */
    private static final String REALM = "private.libvirtd";

    private final Path folder;

    SaslSetup(String mechanisms) {
        try {
            folder = Files.createTempDirectory("vwsasl");
            Path database = folder.resolve("users.db");
            Files.writeString(folder.resolve("libvirt.conf"), """
                    mech_list: %s
                    pwcheck_method: auxprop
                    auxprop_plugin: sasldb
                    sasldb_path: %s
                    """.formatted(mechanisms, database));
            addUser(database);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void addUser(Path database) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(
                            "saslpasswd2", "-p", "-c", "-f", database.toString(), "-a", "libvirt", "-u", REALM, USER)
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new IllegalStateException("saslpasswd2 is missing: install the Debian package sasl2-bin", e);
        }
        process.getOutputStream().write(PASSWORD.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException("saslpasswd2: " + output);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** A libvirtd that wants SASL over TCP, TLS and the read-only UNIX socket. */
    PrivateLibvirtd.Builder builder() {
        return PrivateLibvirtd.builder()
                .variable("SASL_CONF_PATH", folder.toString())
                .libvirtdConf("auth_tcp = \"sasl\"")
                .libvirtdConf("auth_tls = \"sasl\"")
                .libvirtdConf("auth_unix_ro = \"sasl\"");
    }

    /** Writes an auth.conf with the user's password, and returns it. */
    Path authFile() {
        Path file = folder.resolve("auth.conf");
        try {
            Files.writeString(file, """
                    # One user for all hosts
                    [credentials-test]
                    authname=%s
                    password=%s

                    [auth-libvirt-default]
                    credentials=test
                    """.formatted(USER, PASSWORD));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    @Override
    public void close() {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
