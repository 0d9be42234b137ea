// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.xdr;

/**
 * A value that cannot be read or written as XDR: truncated bytes, a length over its bound, an optional that is neither
 * absent nor present, a string with a NUL inside. The message names the field.
 *
 * @since 0.1
 */
public final class XdrException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String field;
    private final String problem;

    /**
     * Creates the error.
     *
     * @param field the field, behind the name of what it is in: {@code DomainRef.name}
     * @param problem what is wrong with it
     */
    public XdrException(String field, String problem) {
        super(field + ": " + problem);
        this.field = field;
        this.problem = problem;
    }

    /**
     * The same error with the whole way to the field: of {@code DomainRef.name} in {@code DomainGetState.domain} it is
     * {@code DomainGetState.domain.name}.
     */
    XdrException within(String outer) {
        int dot = field.indexOf('.');
        XdrException whole = new XdrException(outer + (dot < 0 ? "" : field.substring(dot)), problem);
        whole.setStackTrace(getStackTrace());
        return whole;
    }
}
