// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of a folder that lacks something. */
class StagedFilesTest {
    private static final String JAR = "dev/virtwire/virtwire-nbd/1.2.3/virtwire-nbd-1.2.3.jar";
    private static final String POM = "dev/virtwire/virtwire-nbd/1.2.3/virtwire-nbd-1.2.3.pom";

    @TempDir
    private Path folder;

    @BeforeEach
    void stageAll() throws IOException {
        stage("parent", ".pom", pom("parent", PARENT).getBytes(StandardCharsets.UTF_8));
        stage("bom", ".pom", pom("bom", "").getBytes(StandardCharsets.UTF_8));
        for (String module : Project.JARS) {
            stage(module, ".pom", pom(module, "").getBytes(StandardCharsets.UTF_8));
            stage(module, ".jar", jar("1.2.3", "META-INF/LICENSE", "module-info.class"));
            stage(module, "-sources.jar", jar("1.2.3", "META-INF/LICENSE", "A.java"));
            stage(module, "-javadoc.jar", jar("1.2.3", "META-INF/LICENSE", "index.html"));
            stage(module, "-cyclonedx.json", "{}".getBytes(StandardCharsets.UTF_8));
            stage(module, "-cyclonedx.xml", "<bom/>".getBytes(StandardCharsets.UTF_8));
        }
    }

    @Test
    void aWholeReleaseIsRight() throws IOException {
        assertThat(complaints()).isEmpty();
    }

    @Test
    void aFileThatIsMissing() throws IOException {
        Files.delete(folder.resolve(JAR));

        assertThat(complaints()).contains(JAR + ": missing");
    }

    @Test
    void aFileWithoutSignatureOrChecksum() throws IOException {
        Files.delete(folder.resolve(JAR + ".asc"));
        Files.delete(folder.resolve(JAR + ".sha1"));

        assertThat(complaints())
                .containsExactly(JAR + ": no checksum beside it (.sha1)", JAR + ": no signature beside it (.asc)");
    }

    @Test
    void aFileThatChangedSinceItsChecksumWasMade() throws IOException {
        Files.write(folder.resolve(JAR), jar("1.2.3", "META-INF/LICENSE", "module-info.class", "more"));

        assertThat(complaints())
                .containsExactly(
                        JAR + ": the checksum beside it (.md5) is of other content",
                        JAR + ": the checksum beside it (.sha1) is of other content");
    }

    @Test
    void aJarThatLacksSomething() throws IOException {
        stage("nbd", ".jar", jar("1.2.4"));

        assertThat(complaints())
                .containsExactly(
                        JAR + ": its manifest says version 1.2.4",
                        JAR + ": no *.class in it",
                        JAR + ": no META-INF/LICENSE in it",
                        JAR + ": no name of a module");
    }

    @Test
    void aPomThatLacksSomething() throws IOException {
        stage("nbd", ".pom", pom("", "<version>1.2.3-SNAPSHOT</version>").getBytes(StandardCharsets.UTF_8));

        assertThat(complaints())
                .containsExactly(
                        POM + ": is of version 1.2.3-SNAPSHOT", POM + ": names a SNAPSHOT", POM + ": no artifactId");
    }

    @Test
    void theTestsOfAModuleAreNotPublished() throws IOException {
        stage("nbd", "-tests.jar", jar("1.2.3"));

        assertThat(complaints()).hasSize(4).contains(JAR.replace(".jar", "-tests.jar") + ": is not to be published");
    }

    private static final String PARENT = """
        <groupId>dev.virtwire</groupId><version>1.2.3</version><url>u</url>
        <licenses><license><name>n</name><url>u</url></license></licenses>
        <developers><developer><name>n</name></developer></developers>
        <scm><connection>c</connection><developerConnection>c</developerConnection><url>u</url></scm>
        """;

    private static String pom(String artifact, String more) {
        return "<project><artifactId>" + artifact + "</artifactId><name>n</name><description>d</description>" + more
                + "</project>";
    }

    private List<String> complaints() throws IOException {
        return StagedFiles.complaints(folder, "1.2.3");
    }

    private void stage(String module, String end, byte[] content) throws IOException {
        String artifact = Project.artifact(module);
        Path file = folder.resolve("dev/virtwire/" + artifact + "/1.2.3/" + artifact + "-1.2.3" + end);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        Files.writeString(file.resolveSibling(file.getFileName() + ".asc"), "signed");
        Files.writeString(file.resolveSibling(file.getFileName() + ".md5"), digest("MD5", 32, content));
        Files.writeString(file.resolveSibling(file.getFileName() + ".sha1"), digest("SHA-1", 40, content));
    }

    private static String digest(String algorithm, int digits, byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance(algorithm).digest(content);
            return ("%0" + digits + "x").formatted(new BigInteger(1, digest));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private byte[] jar(String version, String... entries) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Implementation-Version", version);
        Path file = folder.resolveSibling(folder.getFileName() + ".jar");
        try (OutputStream to = Files.newOutputStream(file);
                JarOutputStream jar = new JarOutputStream(to, manifest)) {
            for (String entry : entries) {
                jar.putNextEntry(new ZipEntry(entry));
            }
        }
        byte[] content = Files.readAllBytes(file);
        Files.delete(file);
        return content;
    }
}
