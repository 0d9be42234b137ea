// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives JUnit tests a {@link Libvirtd} as parameter: one private libvirtd for all test classes of a run, which ends with
 * it. So give guests names of their own, and start a {@link PrivateLibvirtd} where a test kills it.
 *
 * <pre>{@code
 * @ExtendWith(LibvirtdExtension.class)
 * class MyIT {
 *     @Test
 *     void seesItsGuest(Libvirtd libvirtd) { … }
 * }
 * }</pre>
 */
public final class LibvirtdExtension implements ParameterResolver {

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Libvirtd.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        // JUnit closes what is closeable in the root's store when the run ends.
        return context.getRoot()
                .getStore(Namespace.create(LibvirtdExtension.class))
                .computeIfAbsent(Libvirtd.class, key -> PrivateLibvirtd.start(), Libvirtd.class);
    }
}
