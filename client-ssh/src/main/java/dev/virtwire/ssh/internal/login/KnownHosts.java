// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh.internal.login;

import dev.virtwire.client.AuthenticationException;
import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.client.internal.text.PeerText;
import dev.virtwire.ssh.internal.route.HostKeyRule;
import dev.virtwire.ssh.internal.route.SshHost;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.sshd.client.keyverifier.ServerKeyVerifier;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.digest.BuiltinDigests;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Believes a host by the key that known_hosts files have of it, plain or hashed. A host that shows another one, or that
 * no file has, is refused in words that say what to do.
 */
public final class KnownHosts implements ServerKeyVerifier {
    private static final String REVOKED = "revoked";
    private static final String AUTHORITY = "cert-authority";
    private static final String KEY_REVOCATION_LIST = "SSHKRL";

    private final String uri;
    private final SshHost host;
    private final Consumer<String> notices;
    private final List<Known> known = new ArrayList<>();
    private @Nullable RuntimeException refusal;
    private byte @Nullable [] believed;
    private boolean contradicted;
    private volatile boolean verified;

    /**
     * A key of the host, and where it stands.
     *
     * @param ofPort whether it stands there for the host's port; a key that stands there for the host without a word
     *     about ports counts on those that have no key of their own, and another one there is no contradiction
     */
    private record Known(KnownHostLine entry, Path file, int line, boolean ofPort) {
        boolean isRevoked() {
            return REVOKED.equals(entry.marker());
        }

        /** Whether it is the key that signs hosts' certificates, and no host's own. */
        boolean isAuthority() {
            return AUTHORITY.equals(entry.marker());
        }

        boolean isHosts() {
            return entry.marker() == null;
        }

        boolean is(byte[] blob) {
            return Arrays.equals(entry.key(), blob);
        }
    }

    /**
     * Reads the host's files.
     *
     * @param uri what is connected to, for messages
     * @param notices takes a sentence if a key is believed that no file has
     * @throws ConfigurationException if one is there and cannot be read, or the file of revoked keys is not there
     */
    public KnownHosts(String uri, SshHost host, Consumer<String> notices) {
        this.uri = uri;
        this.host = host;
        this.notices = notices;
        host.revokedKeys().ifPresent(this::readRevoked);
        for (Path file : host.knownHosts()) {
            read(file);
        }
        if (known.stream().anyMatch(key -> key.ofPort && key.isHosts())) {
            known.removeIf(key -> !key.ofPort && key.isHosts());
        }
    }

    /** The types of the keys that are known of the host: it is asked for one of those, if it has several. */
    public List<String> types() {
        return known.stream()
                .filter(Known::isHosts)
                .map(key -> key.entry.type())
                .distinct()
                .toList();
    }

    /** Whether a certificate of the host would help: a file names somebody who may sign one. */
    public boolean wantsCertificate() {
        return known.stream().anyMatch(Known::isAuthority);
    }

    /** Why the host was refused; null if it was not. */
    public @Nullable RuntimeException refusal() {
        return refusal;
    }

    /** Whether the host was believed only because any key is, and the files say otherwise of this one. */
    public boolean contradicted() {
        return contradicted;
    }

    /** Whether a file had the key that the host has shown, or has it since then. */
    public boolean isVerified() {
        return verified;
    }

    /** Asked after each exchange of keys, of which a long session has many. */
    @Override
    public boolean verifyServerKey(ClientSession session, SocketAddress address, PublicKey key) {
        byte[] blob = blob(key);
        try {
            refusal = judge(key, blob);
        } catch (RuntimeException e) {
            refusal = e;
        }
        if (refusal == null) {
            believed = blob;
        }
        return refusal == null;
    }

    private @Nullable RuntimeException judge(PublicKey shownKey, byte[] shownBlob) {
        OpenSshCertificate certificate = shownKey instanceof OpenSshCertificate shown ? shown : null;
        PublicKey key = certificate == null ? shownKey : certificate.getCertPubKey();
        byte[] blob = blob(key);
        String shown = "%s key %s".formatted(KeyUtils.getKeyType(key), fingerprint(key));
        if (believed != null) {
            return Arrays.equals(believed, shownBlob)
                    ? null
                    : refused("host %s shows the %s in mid-session, and showed another one before"
                            .formatted(host.knownAs(), shown));
        }
        boolean any = host.hostKeys() == HostKeyRule.ANY;
        for (Known one : known) {
            // A key of the file of revoked ones is never believed, whatever else is not checked.
            if (one.isRevoked()
                    && (!any || host.revokedKeys().filter(one.file::equals).isPresent())) {
                if (one.is(blob)) {
                    return refused("host %s shows the %s, which line %d of %s calls revoked; nothing was sent"
                            .formatted(host.knownAs(), shown, one.line, one.file));
                }
                if (certificate != null && one.is(blob(certificate.getCaPubKey()))) {
                    return refused(
                            "host %s shows a certificate of the CA key %s, which line %d of %s calls revoked; nothing was sent"
                                    .formatted(
                                            host.knownAs(),
                                            fingerprint(certificate.getCaPubKey()),
                                            one.line,
                                            one.file));
                }
            }
        }
        String fault = certificate == null ? "" : faultOf(certificate);
        boolean knownKey = fault == null || known.stream().anyMatch(one -> one.isHosts() && one.is(blob));
        if (any) {
            notices.accept(
                    "%s: the %s of host %s is NOT CHECKED, because the URI says so: whoever is on the way can read and change everything"
                            .formatted(uri, shown, host.knownAs()));
            contradicted = contradicts(blob, fault == null);
            verified = !contradicted && knownKey;
            return null;
        }
        if (knownKey) {
            verified = true;
            return null;
        }
        for (Known one : known) {
            if (one.isHosts() && one.ofPort) {
                return refused(
                        "THE KEY OF HOST %s HAS CHANGED: it shows the %s, and line %d of %s has another %s key. The host was set up again, or somebody is on the way; nothing was sent. If its administrator confirms the new key, remove the old one by: ssh-keygen -f '%s' -R '%s'"
                                .formatted(
                                        host.knownAs(),
                                        shown,
                                        one.line,
                                        one.file,
                                        one.entry.type(),
                                        one.file,
                                        host.knownAs()));
            }
        }
        // Like ssh: what can be kept nowhere is not taken on trust either.
        if (host.hostKeys() == HostKeyRule.FIRST && !host.ownKnownHosts().isEmpty()) {
            Path file = host.ownKnownHosts().get(0);
            add(file, key);
            verified = true;
            notices.accept("%s: the %s of host %s was taken on trust, since no file had one, and added to %s"
                    .formatted(uri, shown, host.knownAs(), file));
            return null;
        }
        return refused(
                "host %s is not known: it shows the %s, and no key of it is in %s%s; nothing was sent. Compare the key with what its administrator says, then add it%s, or have the first one added by known_hosts_verify=auto"
                        .formatted(
                                host.knownAs(),
                                shown,
                                host.knownHosts().stream().map(Path::toString).collect(Collectors.joining(", ")),
                                certificateWords(certificate, fault),
                                scan()));
    }

    /** Why a certificate does not help; null if it does. */
    private @Nullable String faultOf(OpenSshCertificate certificate) {
        byte[] authority = blob(certificate.getCaPubKey());
        if (known.stream().noneMatch(one -> one.isAuthority() && one.is(authority))) {
            return "no line has its CA's key %s as a @cert-authority".formatted(fingerprint(certificate.getCaPubKey()));
        }
        return HostCertificate.fault(certificate, host.keyAlias().orElse(host.address()), Instant.now());
    }

    private String certificateWords(@Nullable OpenSshCertificate certificate, @Nullable String fault) {
        if (certificate != null) {
            return ", and its certificate '%s' does not count: %s"
                    .formatted(PeerText.shown(certificate.getId()), fault);
        }
        return wantsCertificate() ? ", which have a @cert-authority for it, but it shows no certificate" : "";
    }

    /** The command that adds the host's keys, under its alias if it has one. */
    private String scan() {
        String rename =
                host.keyAlias().map(alias -> " | sed 's/^[^ ]*/" + alias + "/'").orElse("");
        return host.ownKnownHosts().stream()
                .findFirst()
                .map(file -> " (ssh-keyscan -p %d %s%s >> %s)".formatted(host.port(), host.address(), rename, file))
                .orElse("");
    }

    private boolean contradicts(byte[] blob, boolean certified) {
        boolean stands = certified;
        boolean another = false;
        for (Known one : known) {
            boolean same = Arrays.equals(one.entry.key(), blob);
            if (same && one.isRevoked()) {
                return true;
            }
            stands |= same && one.isHosts();
            another |= one.isHosts() && one.ofPort;
        }
        return another && !stands;
    }

    private AuthenticationException refused(String why) {
        return new AuthenticationException(uri + ": " + why, null, true);
    }

    static String fingerprint(PublicKey key) {
        return KeyUtils.getFingerPrint(BuiltinDigests.sha256, key);
    }

    static byte[] blob(PublicKey key) {
        ByteArrayBuffer buffer = new ByteArrayBuffer();
        buffer.putRawPublicKey(key);
        return buffer.getCompactData();
    }

    private void read(Path file) {
        String text = Surroundings.read(file, "known hosts file");
        if (text == null) {
            return;
        }
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            KnownHostLine entry = KnownHostLine.parse(lines.get(i));
            if (entry == null
                    || (entry.marker() != null && !List.of(REVOKED, AUTHORITY).contains(entry.marker()))) {
                continue;
            }
            // A host with an alias is looked up by that alone: its address may be another's, too.
            String alias = host.keyAlias().orElse(null);
            boolean ofPort =
                    alias == null ? entry.matches(host.address(), host.port()) : entry.matches(alias, SshHost.PORT);
            if (ofPort || (alias == null && entry.matches(host.address(), SshHost.PORT))) {
                known.add(new Known(entry, file, i + 1, ofPort));
            }
        }
    }

    /** Keys that no host may show, a line each. Without the file no host is believed, as with ssh. */
    private void readRevoked(Path file) {
        String text = Surroundings.read(file, "file of revoked keys");
        if (text == null || text.startsWith(KEY_REVOCATION_LIST)) {
            throw new ConfigurationException(
                    "file of revoked keys %s, which ssh's RevokedHostKeys names, %s"
                            .formatted(
                                    file,
                                    text == null
                                            ? "does not exist"
                                            : "is a key revocation list, which this client cannot read: name a file with a public key on each line"));
        }
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            KnownHostLine entry = KnownHostLine.parse("@" + REVOKED + " * " + lines.get(i));
            if (entry != null) {
                known.add(new Known(entry, file, i + 1, true));
            }
        }
    }

    private void add(Path file, PublicKey key) {
        String line = host.knownAs() + " " + PublicKeyEntry.toString(key) + "\n";
        try {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null && !Files.exists(folder)) {
                Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            boolean unfinished = Files.exists(file)
                    && Files.size(file) > 0
                    && !Files.readString(file).endsWith("\n");
            Files.writeString(
                    file,
                    unfinished ? "\n" + line : line,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new ConfigurationException(
                    "known hosts file %s cannot be added to: %s".formatted(file, e.getMessage()), e);
        }
    }
}
