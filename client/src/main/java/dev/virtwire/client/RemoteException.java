// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.error.ErrorDomain;
import dev.virtwire.protocol.error.ErrorLevel;
import java.io.Serializable;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The server's own error, with every field that it sent (libvirt's {@code virError}). {@link #getMessage()} adds the
 * procedure and the host to the server's text. Codes that callers tell apart have a subclass, for a {@code catch}; all
 * others have this class itself, and {@link #is}.
 *
 * @since 0.1
 */
public sealed class RemoteException extends LibvirtException
        permits NotFoundException,
                AlreadyExistsException,
                OperationInvalidException,
                BusyException,
                NotSupportedException,
                AccessDeniedException,
                AgentUnresponsiveException,
                InvalidArgumentException,
                OperationAbortedException {
    private static final long serialVersionUID = 1L;

    private final String procedure;
    private final int serial;
    private final Details details;
    private final int code;

    RemoteException(String host, String procedure, int serial, Details details) {
        super(describe(host, procedure, details), null);
        this.procedure = procedure;
        this.serial = serial;
        this.details = details;
        this.code = codeOf(details);
    }

    /**
     * The error, of the class that its code has.
     *
     * @param host the server, as the connection's URI names it
     * @param procedure the procedure that failed
     * @param serial the call's serial number
     * @param details the fields that the server sent
     * @since 0.1
     */
    public static RemoteException of(String host, String procedure, int serial, Details details) {
        ErrorCode code = ErrorCode.of(codeOf(details)).orElse(null);
        if (code == null) {
            return new RemoteException(host, procedure, serial, details);
        }
        return switch (code) {
            case NO_DOMAIN -> new NoSuchDomainException(host, procedure, serial, details);
            case NO_NETWORK -> new NoSuchNetworkException(host, procedure, serial, details);
            case NO_STORAGE_POOL -> new NoSuchStoragePoolException(host, procedure, serial, details);
            case NO_STORAGE_VOL -> new NoSuchVolumeException(host, procedure, serial, details);
            case NO_DOMAIN_SNAPSHOT -> new NoSuchSnapshotException(host, procedure, serial, details);
            case NO_DOMAIN_CHECKPOINT -> new NoSuchCheckpointException(host, procedure, serial, details);
            case NO_SECRET -> new NoSuchSecretException(host, procedure, serial, details);
            case NO_NODE_DEVICE -> new NoSuchNodeDeviceException(host, procedure, serial, details);
            case NO_DOMAIN_BACKUP,
                    NO_DOMAIN_METADATA,
                    NO_NETWORK_METADATA,
                    NO_NETWORK_PORT,
                    NO_INTERFACE,
                    NO_NWFILTER,
                    NO_NWFILTER_BINDING,
                    DEVICE_MISSING,
                    NO_CLIENT,
                    NO_SERVER -> new NotFoundException(host, procedure, serial, details);
            case STORAGE_VOL_EXIST, STORAGE_POOL_BUILT, DOM_EXIST, NETWORK_EXIST, NETWORK_PORT_EXIST ->
                new AlreadyExistsException(host, procedure, serial, details);
            case OPERATION_INVALID -> new OperationInvalidException(host, procedure, serial, details);
            case OPERATION_TIMEOUT, RESOURCE_BUSY, BLOCK_COPY_ACTIVE ->
                new BusyException(host, procedure, serial, details);
            case NO_SUPPORT, OPERATION_UNSUPPORTED, ARGUMENT_UNSUPPORTED, CONFIG_UNSUPPORTED ->
                new NotSupportedException(host, procedure, serial, details);
            case ACCESS_DENIED, OPERATION_DENIED, AUTH_FAILED, AUTH_CANCELLED, AUTH_UNAVAILABLE ->
                new AccessDeniedException(host, procedure, serial, details);
            case AGENT_UNRESPONSIVE, AGENT_UNSYNCED, AGENT_COMMAND_TIMEOUT ->
                new AgentUnresponsiveException(host, procedure, serial, details);
            case INVALID_ARG, XML_ERROR, XML_DETAIL, XML_INVALID_SCHEMA ->
                new InvalidArgumentException(host, procedure, serial, details);
            case OPERATION_ABORTED -> new OperationAbortedException(host, procedure, serial, details);
            default -> new RemoteException(host, procedure, serial, details);
        };
    }

    /** A server that is too old for a procedure says so by its text alone; libvirt's own client reads it so as well. */
    private static int codeOf(Details details) {
        boolean unknown = details.code() == ErrorCode.RPC.value()
                && details.domain() == ErrorDomain.RPC.value()
                && details.message() != null
                && details.message().startsWith("unknown procedure");
        return unknown ? ErrorCode.NO_SUPPORT.value() : details.code();
    }

    private static String describe(String host, String procedure, Details details) {
        int number = codeOf(details);
        String code = ErrorCode.of(number).map(ErrorCode::name).orElse("unknown to this client");
        String text = details.message() == null ? "no message" : details.message();
        return "%s (error %d %s, %s on %s)".formatted(text, number, code, procedure, host);
    }

    /** Whether the server's code is this one; see {@link #codeNumber}. */
    public boolean is(ErrorCode wanted) {
        return code == wanted.value();
    }

    /** The server's code, or nothing if this client does not know the number. */
    public Optional<ErrorCode> code() {
        return ErrorCode.of(code);
    }

    /**
     * The server's code as a number. If the server is too old to know the procedure, it is that of
     * {@link ErrorCode#NO_SUPPORT}, as with libvirt's own client, and {@link #details} has what was sent.
     */
    public int codeNumber() {
        return code;
    }

    /** The part of libvirt that raised it, or nothing if this client does not know the number. */
    public Optional<ErrorDomain> domain() {
        return ErrorDomain.of(details.domain());
    }

    /** How bad it is, or nothing if this client does not know the number. */
    public Optional<ErrorLevel> level() {
        return ErrorLevel.of(details.level());
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
     * are named if they come at all.
     *
     * @param code {@code virErrorNumber}, see {@link ErrorCode}
     * @param domain {@code virErrorDomain}: the part of libvirt that raised it, see {@link ErrorDomain}
     * @param message the server's text
     * @param level {@code virErrorLevel}, see {@link ErrorLevel}
     * @param domainName the domain concerned
     * @param str1 first additional text; often the template of the message
     * @param str2 second additional text
     * @param str3 third additional text
     * @param int1 first additional number
     * @param int2 second additional number
     * @param networkName the network concerned
     * @since 0.1
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
            @Nullable String networkName)
            implements Serializable {}
}
