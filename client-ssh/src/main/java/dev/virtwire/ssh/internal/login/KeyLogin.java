// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.apache.sshd.client.auth.pubkey.PublicKeyIdentity;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKey;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.common.signature.SignatureFactoriesManager;
import org.apache.sshd.common.util.buffer.Buffer;

/** SSHD's login by keys, with our order of them; a key that does not sign after all is followed by the next. */
final class KeyLogin extends UserAuthPublicKey {
    private final Source source;

    /** Where the keys come from. */
    @FunctionalInterface
    interface Source {
        /** The keys to offer. */
        Identities open(ClientSession session, SignatureFactoriesManager signatures) throws IOException;

        /** Takes note that a key was accepted and did not sign. */
        default void unsigned(PublicKeyIdentity key, Identities.Unsigned why) {}
    }

    private KeyLogin(List<NamedFactory<Signature>> signatures, Source source) {
        super(signatures);
        this.source = source;
    }

    /** Makes one for each session. */
    static UserAuthPublicKeyFactory factory(List<NamedFactory<Signature>> signatures, Source source) {
        return new UserAuthPublicKeyFactory(signatures) {
            @Override
            public UserAuthPublicKey createUserAuth(ClientSession session) {
                return new KeyLogin(getSignatureFactories(), source);
            }
        };
    }

    @Override
    protected Iterator<PublicKeyIdentity> createPublicKeyIterator(
            ClientSession session, SignatureFactoriesManager signatures) throws Exception {
        return source.open(session, signatures);
    }

    @Override
    protected boolean processAuthDataRequest(ClientSession session, String service, Buffer buffer) throws Exception {
        try {
            return super.processAuthDataRequest(session, service, buffer);
        } catch (Identities.Unsigned e) {
            source.unsigned(current, e);
            currentAlgorithms.clear();
            return sendAuthDataRequest(session, service);
        }
    }
}
