// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * A file of this side's set-up is missing, unreadable or wrong: {@code libvirt.conf}, {@code auth.conf}, a certificate,
 * a key. The message names the file.
 *
 * @since 0.1
 */
public final class ConfigurationException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public ConfigurationException(String message) {
        super(message, null);
    }

    /** Creates the error with what caused it. */
    public ConfigurationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
