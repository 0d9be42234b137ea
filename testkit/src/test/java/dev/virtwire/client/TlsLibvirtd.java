// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/** A libvirtd that listens for TLS as well, its certificates, and those of a client that it lets in. */
final class TlsLibvirtd implements AutoCloseable {
    private final PrivateLibvirtd libvirtd;
    private final Path pki;
    private final int port;
    private final TestPki authority = new TestPki("Virtwire test CA");

    private TlsLibvirtd(PrivateLibvirtd.Builder builder) {
        try {
            pki = Files.createTempDirectory("vwpki");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        port = freePort();
        TestPki.pem(pki.resolve("cacert.pem"), authority.authority());
        authority.server("localhost", "127.0.0.1").write(pki.resolve("servercert.pem"), pki.resolve("serverkey.pem"));
        authority.client("virtwire").write(pki.resolve("clientcert.pem"), pki.resolve("clientkey.pem"));
        libvirtd = builder.libvirtdConf("listen_tls = 1")
                .libvirtdConf("tls_port = \"" + port + "\"")
                .libvirtdConf("ca_file = \"" + pki.resolve("cacert.pem") + "\"")
                .libvirtdConf("cert_file = \"" + pki.resolve("servercert.pem") + "\"")
                .libvirtdConf("key_file = \"" + pki.resolve("serverkey.pem") + "\"")
                .start();
    }

    static TlsLibvirtd start() {
        return start(PrivateLibvirtd.builder());
    }

    static TlsLibvirtd start(PrivateLibvirtd.Builder builder) {
        return new TlsLibvirtd(builder);
    }

    PrivateLibvirtd libvirtd() {
        return libvirtd;
    }

    TestPki authority() {
        return authority;
    }

    /** The folder with the certificates, for the parameter {@code pkipath}. */
    Path pki() {
        return pki;
    }

    int port() {
        return port;
    }

    /** The URI of a driver by TLS. */
    String uri(String driver, String path) {
        return "%s+tls://127.0.0.1:%d/%s?pkipath=%s".formatted(driver, port, path, pki);
    }

    @Override
    public void close() {
        libvirtd.close();
        try (var files = Files.list(pki)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(pki);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Below the ports that the kernel gives to clients. */
    private static int freePort() {
        while (true) {
            int candidate = ThreadLocalRandom.current().nextInt(20_000, 32_000);
            try (ServerSocket free = new ServerSocket(candidate, 1, InetAddress.getLoopbackAddress())) {
                return free.getLocalPort();
            } catch (IOException e) {
                // Taken: the next one.
            }
        }
    }
}
