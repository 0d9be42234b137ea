// SPDX-License-Identifier: Apache-2.0
package com.example;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.ReconnectPolicy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** GET /domains: the domains of one host, by one connection that comes back if it is lost. */
@SpringBootApplication
public class HostsApplication {
    public static void main(String[] args) {
        SpringApplication.run(HostsApplication.class, args);
    }

    /** Closed with the application. */
    @Bean(destroyMethod = "close")
    Libvirt libvirt(@Value("${virtwire.uri}") String uri) {
        ConnectOptions options =
                ConnectOptions.builder().reconnect(ReconnectPolicy.usual()).build();
        return Libvirt.connect(uri, options).join();
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
