// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import dev.virtwire.client.internal.xml.XmlBuilder;
import dev.virtwire.client.internal.xml.XmlElement;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@link BackupSpec} to and from {@code <domainbackup>}. */
final class BackupXml {
    private static final String DOCUMENT = "backup XML";

    private BackupXml() {}

    // ---- writing

    static String write(BackupSpec spec) {
        return XmlBuilder.document("domainbackup", xml -> {
            xml.attribute("mode", lower(spec.mode())).textElement("incremental", spec.incremental());
            NbdServer server = spec.server();
            if (server != null) {
                xml.element("server", element -> writeServer(element, server));
            }
            if (!spec.disks().isEmpty()) {
                xml.element(
                        "disks",
                        disks -> spec.disks()
                                .forEach(disk ->
                                        disks.element("disk", element -> writeDisk(element, disk, spec.mode()))));
            }
        });
    }

    private static void writeServer(XmlBuilder xml, NbdServer server) {
        if (server instanceof NbdServer.Tcp tcp) {
            xml.attribute("transport", "tcp").attribute("name", tcp.host()).attribute("port", tcp.port());
        } else if (server instanceof NbdServer.Unix unix) {
            xml.attribute("transport", "unix").attribute("socket", unix.socket());
        } else if (server instanceof NbdServer.Fd fd) {
            xml.attribute("transport", "fd").attribute("fdgroup", fd.group());
        }
        xml.attribute("tls", yesNo(server.tls()));
    }

    private static void writeDisk(XmlBuilder xml, BackupDisk disk, BackupMode mode) {
        BackupStorage storage = disk.storage();
        xml.attribute("name", disk.name()).attribute("backup", yesNo(disk.included()));
        xml.attribute("type", storage == null ? null : lower(storage.kind()));
        xml.attribute("backupmode", disk.scope() == null ? null : lower(disk.scope()));
        xml.attribute("incremental", disk.incremental());
        xml.attribute("exportname", disk.exportName()).attribute("exportbitmap", disk.exportBitmap());
        xml.attribute("index", disk.index());
        if (disk.format() != null) {
            xml.element("driver", driver -> driver.attribute("type", disk.format()));
        }
        if (storage != null && storage.path() != null) {
            xml.element(mode == BackupMode.PUSH ? "target" : "scratch", element -> writeStorage(element, storage));
        }
    }

    private static void writeStorage(XmlBuilder xml, BackupStorage storage) {
        xml.attribute(storage.kind() == BackupStorage.Kind.FILE ? "file" : "dev", storage.path());
        storage.labels()
                .forEach(label -> xml.element("seclabel", element -> {
                    element.attribute("model", label.model())
                            .attribute("relabel", yesNo(label.relabel()))
                            .attribute("labelskip", yesNo(label.skipped()));
                    label.labels().forEach(text -> element.textElement("label", text));
                }));
        LuksEncryption encryption = storage.encryption();
        if (encryption != null) {
            xml.element("encryption", element -> writeEncryption(element, encryption));
        }
    }

    private static void writeEncryption(XmlBuilder xml, LuksEncryption encryption) {
        xml.attribute("format", "luks").attribute("engine", encryption.engine());
        xml.element(
                "secret",
                secret -> secret.attribute("type", "passphrase")
                        .attribute("uuid", encryption.secretUuid())
                        .attribute("usage", encryption.secretUsage()));
        LuksEncryption.Cipher cipher = encryption.cipher();
        if (cipher != null) {
            xml.element(
                    "cipher",
                    element -> element.attribute("name", cipher.name())
                            .attribute("size", cipher.size())
                            .attribute("mode", cipher.mode())
                            .attribute("hash", cipher.hash()));
        }
        LuksEncryption.IvGenerator generator = encryption.ivGenerator();
        if (generator != null) {
            xml.element(
                    "ivgen",
                    element -> element.attribute("name", generator.name()).attribute("hash", generator.hash()));
        }
    }

    // ---- reading

    static BackupSpec read(String text) {
        XmlElement root = XmlElement.parse(DOCUMENT, "domainbackup", text);
        String modeName = root.attribute("mode");
        BackupMode mode = modeName == null ? BackupMode.PUSH : constant(root, "mode", modeName, BackupMode.class);
        NbdServer server = root.child("server").map(BackupXml::readServer).orElse(null);
        List<BackupDisk> disks = root.child("disks")
                .map(element -> element.children("disk").stream()
                        .map(disk -> readDisk(disk, mode))
                        .toList())
                .orElse(List.of());
        try {
            return new BackupSpec(mode, root.childText("incremental"), server, disks);
        } catch (IllegalArgumentException e) {
            throw root.fail(String.valueOf(e.getMessage()));
        }
    }

    private static NbdServer readServer(XmlElement element) {
        Boolean tls = element.yesNo("tls");
        String transport = element.attribute("transport");
        try {
            return switch (transport == null ? "tcp" : transport) {
                case "tcp" -> new NbdServer.Tcp(element.required("name"), element.integer("port"), tls);
                case "unix" -> new NbdServer.Unix(element.required("socket"), tls);
                case "fd" -> new NbdServer.Fd(element.required("fdgroup"), tls);
                default -> throw element.fail("transport '" + transport + "' is none of tcp, unix and fd");
            };
        } catch (IllegalArgumentException e) {
            throw String.valueOf(e.getMessage()).startsWith(DOCUMENT)
                    ? e
                    : element.fail(String.valueOf(e.getMessage()));
        }
    }

    private static BackupDisk readDisk(XmlElement element, BackupMode mode) {
        Boolean included = element.yesNo("backup");
        String scope = element.attribute("backupmode");
        return new BackupDisk(
                element.required("name"),
                included == null || included,
                readStorage(element, mode),
                element.child("driver").map(driver -> driver.required("type")).orElse(null),
                scope == null ? null : constant(element, "backupmode", scope, BackupDisk.Scope.class),
                element.attribute("incremental"),
                element.attribute("exportname"),
                element.attribute("exportbitmap"),
                element.integer("index"));
    }

    private static @Nullable BackupStorage readStorage(XmlElement disk, BackupMode mode) {
        String type = disk.attribute("type");
        if (type == null
                && disk.child(mode == BackupMode.PUSH ? "target" : "scratch").isEmpty()) {
            return null;
        }
        // libvirt takes a disk without a type for one in a file.
        BackupStorage.Kind kind =
                type == null ? BackupStorage.Kind.FILE : constant(disk, "type", type, BackupStorage.Kind.class);
        return disk.child(mode == BackupMode.PUSH ? "target" : "scratch")
                .map(element -> readStorage(element, kind))
                .orElse(new BackupStorage(kind, null, List.of(), null));
    }

    private static BackupStorage readStorage(XmlElement element, BackupStorage.Kind kind) {
        List<SecurityLabel> labels = element.children("seclabel").stream()
                .map(label -> new SecurityLabel(
                        label.attribute("model"),
                        label.yesNo("relabel"),
                        label.yesNo("labelskip"),
                        label.children("label").stream().map(XmlElement::text).toList()))
                .toList();
        LuksEncryption encryption =
                element.child("encryption").map(BackupXml::readEncryption).orElse(null);
        try {
            return new BackupStorage(
                    kind, element.required(kind == BackupStorage.Kind.FILE ? "file" : "dev"), labels, encryption);
        } catch (IllegalArgumentException e) {
            throw String.valueOf(e.getMessage()).startsWith(DOCUMENT)
                    ? e
                    : element.fail(String.valueOf(e.getMessage()));
        }
    }

    private static LuksEncryption readEncryption(XmlElement element) {
        XmlElement secret = element.child("secret").orElseThrow(() -> element.fail("the secret is missing"));
        String uuid = secret.attribute("uuid");
        try {
            return new LuksEncryption(
                    uuid == null ? null : UUID.fromString(uuid),
                    secret.attribute("usage"),
                    element.attribute("engine"),
                    element.child("cipher").map(BackupXml::readCipher).orElse(null),
                    element.child("ivgen")
                            .map(ivgen ->
                                    new LuksEncryption.IvGenerator(ivgen.required("name"), ivgen.attribute("hash")))
                            .orElse(null));
        } catch (IllegalArgumentException e) {
            throw String.valueOf(e.getMessage()).startsWith(DOCUMENT) ? e : secret.fail(String.valueOf(e.getMessage()));
        }
    }

    private static LuksEncryption.Cipher readCipher(XmlElement element) {
        Integer size = element.integer("size");
        if (size == null) {
            throw element.fail("attribute 'size' is missing");
        }
        return new LuksEncryption.Cipher(
                element.required("name"), size, element.attribute("mode"), element.attribute("hash"));
    }

    private static <E extends Enum<E>> E constant(XmlElement element, String attribute, String value, Class<E> type) {
        for (E constant : type.getEnumConstants()) {
            if (lower(constant).equals(value)) {
                return constant;
            }
        }
        throw element.fail("attribute '%s' is '%s', which is not known".formatted(attribute, value));
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable String yesNo(@Nullable Boolean value) {
        return value == null ? null : value ? "yes" : "no";
    }
}
