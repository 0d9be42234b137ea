// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.session;

import java.util.List;
import org.apache.sshd.client.kex.DHGClient;
import org.apache.sshd.common.BaseBuilder;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.kex.BuiltinDHFactories;
import org.apache.sshd.common.kex.DHFactory;
import org.apache.sshd.common.kex.KeyExchange;
import org.apache.sshd.common.kex.KeyExchangeFactory;
import org.apache.sshd.common.session.Session;

/**
 * SSHD's exchange of keys, with a host that may show a certificate: its key has to have signed, and what the
 * certificate says is judged with all else that is known of the host. In the exchanges by group SSHD knows no
 * certificates.
 */
final class CertifiedExchange extends DHGClient {
    private CertifiedExchange(DHFactory factory, Session session) {
        super(factory, session);
    }

    /** One for each way to exchange keys. */
    static List<KeyExchangeFactory> factories() {
        return BaseBuilder.DEFAULT_KEX_PREFERENCE.stream()
                .filter(BuiltinDHFactories::isSupported)
                .filter(factory -> !factory.isGroupExchange())
                .map(CertifiedExchange::factory)
                .toList();
    }

    private static KeyExchangeFactory factory(DHFactory way) {
        return new KeyExchangeFactory() {
            @Override
            public String getName() {
                return way.getName();
            }

            @Override
            public KeyExchange createKeyExchange(Session session) {
                return new CertifiedExchange(way, session);
            }
        };
    }

    @Override
    protected void verifyCertificate(Session session, OpenSshCertificate certificate) {
        // By KnownHosts, which is asked next.
    }
}
