// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.release;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Files of a release in a folder, as they would be uploaded, judged by what Maven Central demands and by what we
 * promise. Whether a signature is right is for gpg to say.
 */
final class StagedFiles {
    private static final String GROUP = "dev/virtwire";
    private static final Map<String, String> CHECKSUMS = Map.of("md5", "MD5", "sha1", "SHA-1");
    private static final String LICENSE = "META-INF/LICENSE";

    private final Path folder;
    private final String version;
    private final Set<String> complaints = new TreeSet<>();

    private StagedFiles(Path folder, String version) {
        this.folder = folder;
        this.version = version;
    }

    /**
     * What is wrong, one sentence each; empty if nothing is.
     *
     * @param folder where {@code dev/virtwire} is
     */
    static List<String> complaints(Path folder, String version) throws IOException {
        StagedFiles files = new StagedFiles(folder, version);
        files.judge();
        return List.copyOf(files.complaints);
    }

    /** {@code java … StagedFiles FOLDER VERSION}: prints what is wrong, and ends with 1 if anything is. */
    public static void main(String[] args) throws IOException {
        List<String> complaints = complaints(Path.of(args[0]), args[1]);
        complaints.forEach(System.err::println);
        System.exit(complaints.isEmpty() ? 0 : 1);
    }

    private void judge() throws IOException {
        Map<String, Path> expected = new TreeMap<>();
        expect(expected, "parent", ".pom");
        expect(expected, "bom", ".pom");
        for (String module : Project.JARS) {
            for (String end :
                    List.of(".pom", ".jar", "-sources.jar", "-javadoc.jar", "-cyclonedx.json", "-cyclonedx.xml")) {
                expect(expected, module, end);
            }
        }
        for (Map.Entry<String, Path> file : expected.entrySet()) {
            if (Files.exists(file.getValue())) {
                judgeFile(file.getKey(), file.getValue());
            } else {
                complaints.add(file.getKey() + ": missing");
            }
        }
        findUnexpected(expected.keySet());
        judgePoms();
    }

    private void expect(Map<String, Path> expected, String module, String end) {
        String name = name(module, end);
        expected.put(name, folder.resolve(name));
    }

    private void judgeFile(String name, Path file) throws IOException {
        if (!Files.exists(sibling(file, ".asc"))) {
            complaints.add(name + ": no signature beside it (.asc)");
        }
        for (Map.Entry<String, String> checksum : CHECKSUMS.entrySet()) {
            Path beside = sibling(file, "." + checksum.getKey());
            if (!Files.exists(beside)) {
                complaints.add(name + ": no checksum beside it (." + checksum.getKey() + ")");
            } else if (!Files.readString(beside).strip().equals(digest(file, checksum.getValue()))) {
                complaints.add(name + ": the checksum beside it (." + checksum.getKey() + ") is of other content");
            }
        }
        if (name.endsWith(".jar")) {
            judgeJar(name, file);
        }
    }

    private void judgeJar(String name, Path file) throws IOException {
        try (JarFile jar = new JarFile(file.toFile())) {
            Set<String> entries = jar.stream().map(entry -> entry.getName()).collect(Collectors.toSet());
            if (!entries.contains(LICENSE)) {
                complaints.add(name + ": no " + LICENSE + " in it");
            }
            if (name.endsWith("-javadoc.jar")) {
                demand(name, entries, "index.html");
            } else if (name.endsWith("-sources.jar")) {
                demandEnd(name, entries, ".java");
            } else {
                demandEnd(name, entries, ".class");
                String module = jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name");
                if (module == null && !entries.contains("module-info.class")) {
                    complaints.add(name + ": no name of a module");
                }
                String said = jar.getManifest().getMainAttributes().getValue("Implementation-Version");
                if (!version.equals(said)) {
                    complaints.add(name + ": its manifest says version " + said);
                }
            }
        }
    }

    private void demand(String name, Set<String> entries, String entry) {
        if (!entries.contains(entry)) {
            complaints.add(name + ": no " + entry + " in it");
        }
    }

    private void demandEnd(String name, Set<String> entries, String end) {
        if (entries.stream().noneMatch(entry -> entry.endsWith(end))) {
            complaints.add(name + ": no *" + end + " in it");
        }
    }

    /** An index of versions is the server's own, and it makes another. */
    private void findUnexpected(Set<String> expected) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .filter(name ->
                            !expected.contains(name.replaceAll("(\\.asc)?(\\.(asc|md5|sha1|sha256|sha512))?$", "")))
                    .forEach(name -> complaints.add(name + ": is not to be published"));
        }
    }

    private void judgePoms() throws IOException {
        Pom parent = null;
        Path parentFile = pom("parent");
        if (Files.exists(parentFile)) {
            parent = Pom.read(parentFile);
        }
        List<String> modules = new ArrayList<>(Project.JARS);
        modules.addAll(List.of("bom", "parent"));
        for (String module : modules) {
            if (Files.exists(pom(module))) {
                Pom pom = Pom.read(pom(module));
                String name = folder.relativize(pom(module)).toString();
                pom.missing(parent).forEach(what -> complaints.add(name + ": no " + what));
                if (Files.readString(pom(module)).contains("-SNAPSHOT")) {
                    complaints.add(name + ": names a SNAPSHOT");
                }
                if (!pom.version(parent).equals(version)) {
                    complaints.add(name + ": is of version " + pom.version(parent));
                }
            }
        }
    }

    private Path pom(String module) {
        return folder.resolve(name(module, ".pom"));
    }

    private String name(String module, String end) {
        String artifact = Project.artifact(module);
        return GROUP + "/" + artifact + "/" + version + "/" + artifact + "-" + version + end;
    }

    private static Path sibling(Path file, String end) {
        return file.resolveSibling(file.getFileName() + end);
    }

    private static String digest(Path file, String algorithm) throws IOException {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(Files.readAllBytes(file)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
