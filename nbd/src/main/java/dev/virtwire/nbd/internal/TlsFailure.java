// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.NbdException;
import java.security.cert.CertificateException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** What an error of TLS means, in a sentence. */
final class TlsFailure {
    private static final Pattern ALERT = Pattern.compile("fatal alert: (\\w+)");

    private TlsFailure() {}

    static WireException because(String text) {
        return new WireException(NbdException.Kind.TLS, "TLS failed: " + text);
    }

    /**
     * In our words.
     *
     * @param beginning whether nothing has come through TLS yet: with TLS 1.3 a server looks at this side's certificate
     *     only when this side is done with the handshake
     */
    static WireException of(SSLException failure, boolean beginning) {
        String text = String.valueOf(failure.getMessage());
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException && cause.getMessage() != null) {
                text = cause.getMessage();
            }
        }
        Matcher alert = ALERT.matcher(text);
        if (alert.find()) {
            text = "the server ended it with the alert "
                    + alert.group(1).toLowerCase(Locale.ROOT)
                    + (beginning ? "; it may not accept this side's certificate" : "");
        } else if (text.toLowerCase(Locale.ROOT).contains("unrecognized ssl message")) {
            text = "the server agreed to TLS and does not speak it";
        }
        return because(text);
    }
}
