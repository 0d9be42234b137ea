// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import dev.virtwire.testkit.TestPki;
import dev.virtwire.testkit.TestPki.Identity;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManagerFactory;

/** Engines for both sides, and the files that servers want, from a CA of the test's own. */
final class TestTls {
    private static final char[] NONE = {};

    private TestTls() {}

    /** TLS that believes servers of the CA which are what the address says. */
    static NbdTls trusting(TestPki authority, Identity own, String... versions) {
        SSLContext context = context(authority, own);
        return NbdTls.of(address -> {
            NbdAddress.Tcp tcp = (NbdAddress.Tcp) address;
            SSLEngine engine = context.createSSLEngine(tcp.host(), tcp.port());
            engine.setUseClientMode(true);
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            if (versions.length > 0) {
                parameters.setProtocols(versions);
            }
            engine.setSSLParameters(parameters);
            return engine;
        });
    }

    /** The server's side. */
    static SSLEngine server(TestPki authority, Identity own) {
        SSLEngine engine = context(authority, own).createSSLEngine();
        engine.setUseClientMode(false);
        return engine;
    }

    /** A folder as nbdkit and QEMU want it. */
    static Path folder(Path parent, TestPki authority, Identity server) {
        Path folder = parent.resolve("pki");
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        TestPki.pem(folder.resolve("ca-cert.pem"), authority.authority());
        server.write(folder.resolve("server-cert.pem"), folder.resolve("server-key.pem"));
        return folder;
    }

    private static SSLContext context(TestPki authority, Identity own) {
        try {
            KeyStore trusted = empty();
            trusted.setCertificateEntry("ca", authority.authority());
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(own == null ? null : own.keyManagers(), trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static KeyStore empty() throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, NONE);
            return store;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
