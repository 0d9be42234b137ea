// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.repository.Tools;
import dev.virtwire.testkit.Libvirtd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which bitmaps a domain's disks have, as QEMU says while it runs, and {@code qemu-img} while it is off. */
public final class Bitmaps {
    private static final Pattern DISK = Pattern.compile("<disk .*?</disk>", Pattern.DOTALL);
    private static final Pattern TARGET = Pattern.compile("<target dev='([^']+)'");
    private static final Pattern ALIAS = Pattern.compile("<alias name='([^']+)'");
    private static final Pattern FILE = Pattern.compile("<source file='([^']+)'");

    private final Libvirtd libvirtd;
    private final Tools tools = new Tools();

    public Bitmaps(Libvirtd libvirtd) {
        this.libvirtd = libvirtd;
    }

    /** Their names, by the disk's target. */
    public Map<String, Set<String>> of(Domain domain) {
        try {
            String xml = domain.xml().join();
            return domain.isActive().join() ? inQemu(domain, xml) : inFiles(xml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private Map<String, Set<String>> inQemu(Domain domain, String xml) throws Exception {
        String answer = tools.run(List.of(
                "virsh",
                "--quiet",
                "--connect",
                libvirtd.unixUri(),
                "qemu-monitor-command",
                domain.name(),
                "{\"execute\": \"query-block\"}"));
        Map<String, Set<String>> found = new TreeMap<>();
        JsonNode devices = new JsonMapper().readTree(answer).get("return");
        Matcher disks = DISK.matcher(xml);
        while (disks.find()) {
            String alias = only(ALIAS, disks.group());
            for (JsonNode device : devices) {
                if (List.of(device.path("qdev").asText().split("/")).contains(alias)) {
                    found.put(
                            only(TARGET, disks.group()),
                            names(device.path("inserted").path("dirty-bitmaps")));
                }
            }
        }
        return found;
    }

    private Map<String, Set<String>> inFiles(String xml) throws Exception {
        Map<String, Set<String>> found = new TreeMap<>();
        Matcher disks = DISK.matcher(xml);
        while (disks.find()) {
            found.put(only(TARGET, disks.group()), in(Path.of(only(FILE, disks.group()))));
        }
        return found;
    }

    /** Those that an image keeps, whoever has it open. */
    Set<String> in(Path image) throws Exception {
        JsonNode info = new JsonMapper()
                .readTree(tools.run(List.of("qemu-img", "info", "-U", "--output=json", image.toString())));
        return names(info.path("format-specific").path("data").path("bitmaps"));
    }

    private static Set<String> names(JsonNode bitmaps) {
        Set<String> names = new TreeSet<>();
        bitmaps.forEach(bitmap -> names.add(bitmap.path("name").asText()));
        return names;
    }

    private static String only(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new AssertionError(pattern + " is not in " + text);
        }
        return matcher.group(1);
    }
}
