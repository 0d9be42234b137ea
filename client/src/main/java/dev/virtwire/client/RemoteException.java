// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The server's own error, with every field that it sent (libvirt's {@code virError}). {@link #getMessage()} adds the
 * procedure and the host to the server's text.
 */
public final class RemoteException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    private final String procedure;
    private final int serial;
    private final transient Details details;

    /**
     * Creates the error.
     *
     * @param host the server, as the connection's URI names it
     * @param procedure the procedure that failed
     * @param serial the call's serial number
     * @param details the fields that the server sent
     */
    public RemoteException(String host, String procedure, int serial, Details details) {
        super(describe(host, procedure, details), null);
        this.procedure = procedure;
        this.serial = serial;
        this.details = details;
    }

    private static String describe(String host, String procedure, Details details) {
        String code = ErrorCode.of(details.code()).map(ErrorCode::name).orElse("unknown to this client");
        String text = details.message() == null ? "no message" : details.message();
        return "%s (error %d %s, %s on %s)".formatted(text, details.code(), code, procedure, host);
    }

    /** Whether the server's code is this one. */
    public boolean is(ErrorCode code) {
        return details.code() == code.number();
    }

    /** The server's code, or nothing where this client does not know the number. */
    public Optional<ErrorCode> code() {
        return ErrorCode.of(details.code());
    }

    /** The server's code as a number. */
    public int codeNumber() {
        return details.code();
    }

    /** The procedure that failed. */
    public String procedure() {
        return procedure;
    }

    /** The serial number of the call that failed. */
    public int serial() {
        return serial;
    }

    /** Everything that the server sent. */
    public Details details() {
        return details;
    }

    /**
     * The fields of libvirt's {@code virError}, as they came. The domain and network that its wire form has room for
     * are named, where they come at all.
     *
     * @param code {@code virErrorNumber}
     * @param domain {@code virErrorDomain}: the part of libvirt that raised it
     * @param message the server's text
     * @param level 0 none, 1 warning, 2 error
     * @param domainName the domain concerned
     * @param str1 first additional text; often the template of the message
     * @param str2 second additional text
     * @param str3 third additional text
     * @param int1 first additional number
     * @param int2 second additional number
     * @param networkName the network concerned
     */
    public record Details(
            int code,
            int domain,
            @Nullable String message,
            int level,
            @Nullable String domainName,
            @Nullable String str1,
            @Nullable String str2,
            @Nullable String str3,
            int int1,
            int int2,
            @Nullable String networkName) {}
}
