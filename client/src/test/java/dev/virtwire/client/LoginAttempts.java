// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A program that logs in by each URI, with the right secret and with a wrong one, and prints all it has. */
final class LoginAttempts {
    static final String WRONG = "wrong-and-secret-4711";

    private LoginAttempts() {}

    /** Runs the program, logging everything, and returns what it printed, when it has been searched for the secrets. */
    static String run(List<String> uris) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
                LoginAttempts.class.getName()));
        command.addAll(uris);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output).contains("TRACE");
        for (String secret : List.of(SaslSetup.PASSWORD, WRONG)) {
            for (String form : SecretsInOutputIT.forms(secret)) {
                assertThat(output).doesNotContainIgnoringCase(form);
            }
        }
        return output;
    }

    public static void main(String[] uris) {
        for (String uri : uris) {
            for (String password : List.of(SaslSetup.PASSWORD, WRONG)) {
                ConnectOptions options = ConnectOptions.builder()
                        .credentials(request -> {
                            System.out.println(request);
                            return CompletableFuture.completedFuture(Optional.of(
                                    request.kind().isSecret() ? password.toCharArray() : SaslSetup.USER.toCharArray()));
                        })
                        .build();
                System.out.println(options);
                try (Libvirt libvirt = Libvirt.connect(uri, options).join()) {
                    System.out.println("logged in to " + libvirt + " " + libvirt.uri());
                } catch (CompletionException e) {
                    e.printStackTrace(System.out);
                }
            }
        }
    }
}
