// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * Public keys and certificates, as far as files tell them without a passphrase. A file of which nothing can be told
 * says nothing here: whoever needs its private key finds out why.
 */
final class PublicHalves {
    private static final int MOST_BYTES = 1 << 20;
    private static final String BEGIN = "-----BEGIN OPENSSH PRIVATE KEY-----";
    private static final String END = "-----END OPENSSH PRIVATE KEY-----";
    private static final byte[] MAGIC = "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII);

    private PublicHalves() {}

    /**
     * The public half of the key in a file: from its own clear part, from a line of text, or from the file beside it.
     */
    static Optional<PublicKey> ofKey(Path file) {
        return inFile(file).or(() -> inFile(Path.of(file + ".pub")));
    }

    /** The certificate beside the file of a key. */
    static Optional<OpenSshCertificate> besideKey(Path file) {
        return certificate(Path.of(file + "-cert")).or(() -> certificate(Path.of(file + "-cert.pub")));
    }

    /** The certificate in a file. */
    static Optional<OpenSshCertificate> certificate(Path file) {
        return inFile(file).filter(OpenSshCertificate.class::isInstance).map(OpenSshCertificate.class::cast);
    }

    private static Optional<PublicKey> inFile(Path file) {
        String text;
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MOST_BYTES) {
                return Optional.empty();
            }
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return Optional.empty();
        }
        try {
            int begin = text.indexOf(BEGIN);
            if (begin >= 0) {
                int end = text.indexOf(END, begin);
                return end < 0 ? Optional.empty() : inPrivateKey(text.substring(begin + BEGIN.length(), end));
            }
            return text.lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"))
                    .findFirst()
                    .flatMap(PublicHalves::inLine);
        } catch (RuntimeException e) {
            // Of a kind that SSHD does not know, or no key at all.
            return Optional.empty();
        }
    }

    private static Optional<PublicKey> inPrivateKey(String base64) {
        byte[] bytes = Base64.getMimeDecoder().decode(base64);
        if (bytes.length < MAGIC.length || !Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            return Optional.empty();
        }
        ByteArrayBuffer buffer = new ByteArrayBuffer(bytes);
        buffer.rpos(MAGIC.length);
        buffer.getBytes(); // The cipher.
        buffer.getBytes(); // How its key is made.
        buffer.getBytes(); // Of what.
        return buffer.getInt() < 1 ? Optional.empty() : key(buffer.getBytes());
    }

    private static Optional<PublicKey> inLine(String line) {
        String[] words = line.split("\\s+", 3);
        return words.length < 2 ? Optional.empty() : key(Base64.getDecoder().decode(words[1]));
    }

    private static Optional<PublicKey> key(byte[] blob) {
        try {
            return Optional.of(new ByteArrayBuffer(blob).getRawPublicKey());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
