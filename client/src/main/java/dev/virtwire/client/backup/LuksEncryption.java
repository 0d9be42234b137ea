// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * LUKS encryption of a backup's target or scratch ({@code <encryption format='luks'>}). The passphrase is a libvirt
 * secret, named by UUID or usage.
 *
 * @param secretUuid the secret's UUID, or null
 * @param secretUsage the secret's usage, or null; exactly one of the two is given
 * @param engine who encrypts; null, or {@code qemu}
 * @param cipher the cipher; null for the default
 * @param ivGenerator the initialisation vectors' generator; null for the default
 * @since 0.1
 */
public record LuksEncryption(
        @Nullable UUID secretUuid,
        @Nullable String secretUsage,
        @Nullable String engine,
        @Nullable Cipher cipher,
        @Nullable IvGenerator ivGenerator) {
    /** Checks that the secret is named once. */
    public LuksEncryption {
        if ((secretUuid == null) == (secretUsage == null)) {
            throw new IllegalArgumentException("a secret is named by its UUID or by its usage, by exactly one of them");
        }
    }

    /** Encryption with the secret of this UUID. */
    public static LuksEncryption withSecret(UUID secret) {
        return new LuksEncryption(secret, null, null, null, null);
    }

    /** Encryption with the secret of this usage. */
    public static LuksEncryption withSecretUsage(String usage) {
        return new LuksEncryption(null, usage, null, null, null);
    }

    /**
     * A cipher ({@code <cipher>}).
     *
     * @param name such as {@code aes}
     * @param size the key's bits
     * @param mode such as {@code xts}; null for the default
     * @param hash such as {@code sha256}; null for the default
     * @since 0.1
     */
    public record Cipher(
            String name,
            int size,
            @Nullable String mode,
            @Nullable String hash) {}

    /**
     * A generator of initialisation vectors ({@code <ivgen>}).
     *
     * @param name such as {@code plain64}
     * @param hash such as {@code sha256}; null for the default
     * @since 0.1
     */
    public record IvGenerator(String name, @Nullable String hash) {}
}
