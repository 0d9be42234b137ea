// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.internal.RecordingProvider;
import dev.virtwire.client.internal.transport.TransportProvider;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a program is told whose class path lacks what its URI needs. Here the client is loaded once more, by another
 * one.
 */
class ClassPathTest {
    /** Put there by the build. */
    private static final Path NETTY_41 = Path.of("target", "netty-4.1");

    @Test
    void anOlderNettyIsNamed() throws Exception {
        List<Path> older = jars(NETTY_41);
        assertThat(older).hasSize(8);
        for (String uri : List.of("qemu:///system", "qemu+tcp://127.0.0.1:1/system", "qemu+tls://127.0.0.1:1/system")) {
            assertThat(refusal(
                            Stream.concat(
                                    older.stream(),
                                    here().filter(jar -> !jar.toString().contains("/io/netty/"))),
                            uri))
                    .isEqualTo(
                            "future: java.util.concurrent.CompletionException: dev.virtwire.client.ConfigurationException: Netty 4.2 is needed, and 4.1.135.Final is on the class path; import io.netty:netty-bom of a version 4.2 before what brings that one");
        }
    }

    @Test
    void theModuleForSshIsNamedWhereItIsMissing() throws Exception {
        assertThat(refusal(here(), "qemu+libssh2://host/system"))
                .isEqualTo(
                        "dev.virtwire.client.ConfigurationException: URI 'qemu+libssh2://host/system': ssh is a module of its own, which is not there: add the dependency dev.virtwire:virtwire-client-ssh");
    }

    /** They may lie on a server that is away, as the connection's is. */
    @Test
    void filesAreLookedAtOffTheEventLoopForEachConnection(@TempDir Path folder) throws Exception {
        Path services = Files.createDirectories(folder.resolve("META-INF/services"));
        Files.writeString(services.resolve(TransportProvider.class.getName()), RecordingProvider.class.getName());
        try (ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start()) {
            libvirtd.hangUpAt(ConnectProcedures.CONNECT_GET_LIB_VERSION);
            Stream<Path> classPath = Stream.concat(Stream.of(folder, Path.of("target", "test-classes")), here());
            Object threads = call(
                    classPath,
                    RecordingProvider.class,
                    "connectTwice",
                    libvirtd.uri().replace("+tcp", "+ssh"));
            assertThat((List<?>) threads)
                    .as("once when it is asked to connect, and once when the connection was lost")
                    .hasSize(2)
                    .noneMatch(name -> name.toString().startsWith("virtwire-io"));
        }
    }

    private static String refusal(Stream<Path> classPath, String uri) throws Exception {
        try {
            // The class Libvirt there is another one, and so are its exceptions. The future is Java's own.
            CompletableFuture<?> connecting = (CompletableFuture<?>) call(classPath, Libvirt.class, "connect", uri);
            return "future: " + connecting.handle((libvirt, failure) -> failure).join();
        } catch (InvocationTargetException e) {
            return e.getCause().toString();
        }
    }

    private static Object call(Stream<Path> classPath, Class<?> owner, String method, String uri) throws Exception {
        URL[] urls = classPath.map(ClassPathTest::url).toArray(URL[]::new);
        // Not closed: what a connection's threads do when it ends may be the first to need a class.
        return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())
                .loadClass(owner.getName())
                .getMethod(method, String.class)
                .invoke(null, uri);
    }

    /** This class path, but for the tests' own services. */
    private static Stream<Path> here() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(entry -> !entry.endsWith("test-classes"));
    }

    private static List<Path> jars(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new UncheckedIOException(e);
        }
    }
}
