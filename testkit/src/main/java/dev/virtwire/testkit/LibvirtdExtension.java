// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/**
 * Gives JUnit tests a {@link Libvirtd} as parameter: one private libvirtd for all test classes of a run, which ends with
 * it; {@link DebianLibvirtd} on the test class asks for another than this machine's. So give guests names of their own, and start a {@link PrivateLibvirtd} where a test kills it.
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
        Optional<String> suite = AnnotationSupport.findAnnotation(context.getRequiredTestClass(), DebianLibvirtd.class)
                .map(DebianLibvirtd::value);
        // JUnit closes what is closeable in the root's store when the run ends.
        return context.getRoot()
                .getStore(Namespace.create(LibvirtdExtension.class))
                .computeIfAbsent(suite, LibvirtdExtension::start, Libvirtd.class);
    }

    private static Libvirtd start(Optional<String> suite) {
        return suite.map(name -> PrivateLibvirtd.builder().debian(name))
                .orElseGet(PrivateLibvirtd::builder)
                .start();
    }
}
