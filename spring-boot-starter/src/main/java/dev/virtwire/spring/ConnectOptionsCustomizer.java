// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.spring;

import dev.virtwire.client.ConnectOptions;

/**
 * Changes how the application's connection is made: a bean of this type says what no property can, such as an executor.
 *
 * @since 0.1
 */
@FunctionalInterface
public interface ConnectOptionsCustomizer {
    /** Changes the options, which have what the properties say. */
    void customize(ConnectOptions.Builder options);
}
