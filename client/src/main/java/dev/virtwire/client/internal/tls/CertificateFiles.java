// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.tls;

import dev.virtwire.client.internal.config.Surroundings;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;

/**
 * Where the certificates of a connection are, by libvirt's rules: in the folder that the URI's {@code pkipath} names,
 * whether they are there or not; else in the user's own, each file that is there; else in the system's.
 *
 * @param authorities the CAs that servers' certificates come from
 * @param revocations what those have revoked; need not exist
 * @param certificate this side's certificate; need not exist
 * @param key its private key
 */
public record CertificateFiles(Path authorities, Path revocations, Path certificate, Path key) {
    private static final String AUTHORITIES = "cacert.pem";
    private static final String REVOCATIONS = "cacrl.pem";
    private static final String CERTIFICATE = "clientcert.pem";
    private static final String KEY = "clientkey.pem";

    /** Those of a connection; looks which are there. */
    public static CertificateFiles of(Optional<Path> pkipath, Surroundings surroundings) {
        if (pkipath.isPresent()) {
            return flat(pkipath.get());
        }
        Path pki = surroundings.systemCertificates();
        CertificateFiles system = new CertificateFiles(
                pki.resolve("CA").resolve(AUTHORITIES),
                pki.resolve("CA").resolve(REVOCATIONS),
                pki.resolve("libvirt").resolve(CERTIFICATE),
                pki.resolve("libvirt/private").resolve(KEY));
        return surroundings.root()
                ? system
                : surroundings
                        .home()
                        .map(home -> flat(home.resolve(".pki/libvirt")).orElse(system))
                        .orElse(system);
    }

    /** Why a file cannot be used, for the end of a message; empty if it is there. */
    static Optional<String> whyMissing(Path file) {
        try {
            Files.readAttributes(file, BasicFileAttributes.class);
            return Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.of("there is no " + file);
        } catch (AccessDeniedException e) {
            return Optional.of(file + " cannot be reached: permission denied in its folder");
        } catch (IOException e) {
            return Optional.of(file + " cannot be reached: " + e.getMessage());
        }
    }

    private static CertificateFiles flat(Path folder) {
        return new CertificateFiles(
                folder.resolve(AUTHORITIES),
                folder.resolve(REVOCATIONS),
                folder.resolve(CERTIFICATE),
                folder.resolve(KEY));
    }

    /** Each that is there, else the other's; certificate and key only together. */
    private CertificateFiles orElse(CertificateFiles other) {
        boolean identity = Files.exists(certificate) && Files.exists(key);
        return new CertificateFiles(
                Files.exists(authorities) ? authorities : other.authorities,
                Files.exists(revocations) ? revocations : other.revocations,
                identity ? certificate : other.certificate,
                identity ? key : other.key);
    }
}
