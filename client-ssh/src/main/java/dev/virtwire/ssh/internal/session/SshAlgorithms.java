// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import org.apache.sshd.common.util.security.SecurityProviderChoice;
import org.apache.sshd.common.util.security.SecurityUtils;
import org.apache.sshd.common.util.security.SunJCESecurityProviderRegistrar;
import org.apache.sshd.common.util.security.bouncycastle.BouncyCastleSecurityProviderRegistrar;

/**
 * Lets SSHD use Bouncy Castle (Ed25519, X25519, encrypted PEM) as a library: by itself it would add it to the providers
 * of the whole JVM. Ciphers stay the JDK's, which the processor helps.
 */
final class SshAlgorithms {
    static {
        if (!SecurityUtils.isRegistrationCompleted()) {
            SecurityUtils.registerSecurityProvider(new SunJCESecurityProviderRegistrar());
            BouncyCastleSecurityProviderRegistrar bouncyCastle = new BouncyCastleSecurityProviderRegistrar() {
                @Override
                public boolean isNamedProviderUsed() {
                    return false;
                }
            };
            SecurityUtils.registerSecurityProvider(bouncyCastle);
            SecurityUtils.setDefaultProviderChoice(
                    SecurityProviderChoice.toSecurityProviderChoice(bouncyCastle.getSecurityProvider()));
        }
    }

    private SshAlgorithms() {}

    /** Once, before SSHD is used. */
    static void prepare() {
        // The class's initialisation has done it.
    }
}
