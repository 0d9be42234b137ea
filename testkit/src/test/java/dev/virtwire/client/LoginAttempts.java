// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A program that logs in by each URI, with the right password and with a wrong one, and prints all it has. */
final class LoginAttempts {
    static final String WRONG = "wrong-and-secret-4711";

    private LoginAttempts() {}

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
