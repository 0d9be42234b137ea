// SPDX-License-Identifier: Apache-2.0
package com.example;

import dev.virtwire.client.Libvirt;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** GET /domains: the domains of one host, by the connection that the starter makes of {@code virtwire.uri}. */
@SpringBootApplication
public class HostsApplication {
    public static void main(String[] args) {
        SpringApplication.run(HostsApplication.class, args);
    }

    @RestController
    static final class Domains {
        private final Libvirt libvirt;

        Domains(Libvirt libvirt) {
            this.libvirt = libvirt;
        }

        /** Asks about all of them at once, and keeps no thread waiting. */
        @GetMapping("/domains")
        CompletableFuture<String> domains() {
            return libvirt.domains().thenCompose(all -> {
                List<CompletableFuture<String>> lines = all.stream()
                        .map(domain -> domain.info()
                                .thenApply(info ->
                                        domain.name() + " " + info.state().orElseThrow() + "\n"))
                        .toList();
                return CompletableFuture.allOf(lines.toArray(CompletableFuture[]::new))
                        .thenApply(done ->
                                lines.stream().map(CompletableFuture::join).collect(Collectors.joining()));
            });
        }
    }
}
