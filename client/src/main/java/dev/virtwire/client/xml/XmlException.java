// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.xml;

import org.jspecify.annotations.Nullable;

/** An error that names the document and the place already. */
final class XmlException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    XmlException(String message) {
        this(message, null);
    }

    XmlException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
