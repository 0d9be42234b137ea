// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A libvirtd that listens for TLS as well, its certificates, and those of a client that it lets in. The NBD exports of
 * its guests' backups use the same ones.
 *
 * @since 0.1
 */
public final class TlsLibvirtd implements AutoCloseable {
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
        port = FreePort.find();
        TestPki.pem(pki.resolve("cacert.pem"), authority.authority());
        TestPki.pem(pki.resolve("ca-cert.pem"), authority.authority());
        TestPki.Identity server = authority.server("localhost", "127.0.0.1");
        server.write(pki.resolve("servercert.pem"), pki.resolve("serverkey.pem"));
        server.write(pki.resolve("server-cert.pem"), pki.resolve("server-key.pem"));
        authority.client("virtwire").write(pki.resolve("clientcert.pem"), pki.resolve("clientkey.pem"));
        libvirtd = builder.libvirtdConf("listen_tls = 1")
                .libvirtdConf("tls_port = \"" + port + "\"")
                .libvirtdConf("ca_file = \"" + pki.resolve("cacert.pem") + "\"")
                .libvirtdConf("cert_file = \"" + pki.resolve("servercert.pem") + "\"")
                .libvirtdConf("key_file = \"" + pki.resolve("serverkey.pem") + "\"")
                .qemuConf("backup_tls_x509_cert_dir = \"" + pki + "\"")
                .start();
    }

    /** Starts one with nothing else about it. */
    public static TlsLibvirtd start() {
        return start(PrivateLibvirtd.builder());
    }

    /** Starts one that is otherwise as the builder has it. */
    public static TlsLibvirtd start(PrivateLibvirtd.Builder builder) {
        return new TlsLibvirtd(builder);
    }

    /** The libvirtd itself. */
    public PrivateLibvirtd libvirtd() {
        return libvirtd;
    }

    /** The CA of its certificates. */
    public TestPki authority() {
        return authority;
    }

    /** The folder with the certificates, for the parameter {@code pkipath}. */
    public Path pki() {
        return pki;
    }

    /** The port at which it listens for TLS, on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** The URI of a driver by TLS. */
    public String uri(String driver, String path) {
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
}
