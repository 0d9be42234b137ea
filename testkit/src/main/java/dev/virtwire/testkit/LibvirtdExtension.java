// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.util.Optional;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;
import org.testcontainers.DockerClientFactory;

/**
 * Gives JUnit tests a {@link Libvirtd} as parameter: one private libvirtd for all test classes of a run, which ends
 * with it; {@link DebianLibvirtd} on the test class asks for another than this machine's. So give guests names of their
 * own, and start a {@link PrivateLibvirtd} if a test kills it.
 *
 * <pre>{@code
 * @ExtendWith(LibvirtdExtension.class)
 * class MyIT {
 *     @Test
 *     void seesItsGuest(Libvirtd libvirtd) { … }
 * }
 * }</pre>
 *
 * @since 0.1
 */
public final class LibvirtdExtension implements ParameterResolver, ExecutionCondition {

    /** What is asked for, and so what one libvirtd is shared by. */
    private record Kind(Optional<String> suite, boolean container) {
        static Kind of(ExtensionContext context) {
            return AnnotationSupport.findAnnotation(context.getTestClass(), DebianLibvirtd.class)
                    .map(wanted -> new Kind(Optional.of(wanted.value()), wanted.container()))
                    .orElseGet(() -> new Kind(Optional.empty(), false));
        }

        Libvirtd start() {
            if (container) {
                LibvirtdContainer started = LibvirtdContainer.debian(suite.orElseThrow());
                started.start();
                return started;
            }
            return suite.map(name -> PrivateLibvirtd.builder().debian(name))
                    .orElseGet(PrivateLibvirtd::builder)
                    .start();
        }
    }

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        return Kind.of(context).container() && !DockerClientFactory.instance().isDockerAvailable()
                ? ConditionEvaluationResult.disabled("SKIPPED: no Docker engine answers")
                : ConditionEvaluationResult.enabled("What it needs can be had");
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Libvirtd.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        // JUnit closes what is closeable in the root's store when the run ends.
        return context.getRoot()
                .getStore(Namespace.create(LibvirtdExtension.class))
                .computeIfAbsent(Kind.of(context), Kind::start, Libvirtd.class);
    }
}
