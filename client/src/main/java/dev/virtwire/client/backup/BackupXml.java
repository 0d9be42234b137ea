// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.client.xml.XmlWriter;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@link BackupSpec} to and from {@code <domainbackup>}. */
final class BackupXml {
    private BackupXml() {}

    // ---- writing

    static String write(BackupSpec spec) {
        return XmlWriter.document("domainbackup", xml -> {
            xml.attribute("mode", spec.mode()).textElement("incremental", spec.incremental());
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

    private static void writeServer(XmlWriter xml, NbdServer server) {
        if (server instanceof NbdServer.Tcp tcp) {
            xml.attribute("transport", "tcp").attribute("name", tcp.host()).attribute("port", tcp.port());
        } else if (server instanceof NbdServer.Unix unix) {
            xml.attribute("transport", "unix").attribute("socket", unix.socket());
        } else if (server instanceof NbdServer.Fd fd) {
            xml.attribute("transport", "fd").attribute("fdgroup", fd.group());
        }
        xml.attribute("tls", server.tls());
    }

    private static void writeDisk(XmlWriter xml, BackupDisk disk, BackupMode mode) {
        BackupStorage storage = disk.storage();
        // libvirt's schema allows backup='yes' with a type only, but libvirt chooses a scratch file only without one.
        boolean chosenByLibvirt = storage == null && disk.included();
        xml.attribute("name", disk.name()).attribute("backup", chosenByLibvirt ? null : disk.included());
        xml.attribute("type", storage == null ? null : storage.kind());
        xml.attribute("backupmode", disk.scope());
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

    private static void writeStorage(XmlWriter xml, BackupStorage storage) {
        xml.attribute(storage.kind() == BackupStorage.Kind.FILE ? "file" : "dev", storage.path());
        storage.labels()
                .forEach(label -> xml.element("seclabel", element -> {
                    element.attribute("model", label.model())
                            .attribute("relabel", label.relabel())
                            .attribute("labelskip", label.skipped());
                    label.labels().forEach(text -> element.textElement("label", text));
                }));
        LuksEncryption encryption = storage.encryption();
        if (encryption != null) {
            xml.element("encryption", element -> writeEncryption(element, encryption));
        }
    }

    private static void writeEncryption(XmlWriter xml, LuksEncryption encryption) {
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
        return XmlElement.parse("backup XML", "domainbackup", text).as(BackupXml::readSpec);
    }

    private static BackupSpec readSpec(XmlElement root) {
        BackupMode named = root.constant("mode", BackupMode.class);
        BackupMode mode = named == null ? BackupMode.PUSH : named;
        return new BackupSpec(
                mode,
                root.childText("incremental"),
                root.child("server")
                        .map(server -> server.as(BackupXml::readServer))
                        .orElse(null),
                root.children("disks", "disk").stream()
                        .map(disk -> readDisk(disk, mode))
                        .toList());
    }

    private static NbdServer readServer(XmlElement element) {
        Boolean tls = element.yesNo("tls");
        String transport = element.attribute("transport");
        return switch (transport == null ? "tcp" : transport) {
            case "tcp" -> new NbdServer.Tcp(element.required("name"), element.integer("port"), tls);
            case "unix" -> new NbdServer.Unix(element.required("socket"), tls);
            case "fd" -> new NbdServer.Fd(element.required("fdgroup"), tls);
            default -> throw element.fail("transport '" + transport + "' is not tcp, unix or fd");
        };
    }

    private static BackupDisk readDisk(XmlElement element, BackupMode mode) {
        Boolean included = element.yesNo("backup");
        return new BackupDisk(
                element.required("name"),
                included == null || included,
                readStorage(element, element.child(mode == BackupMode.PUSH ? "target" : "scratch")),
                element.child("driver").map(driver -> driver.required("type")).orElse(null),
                element.constant("backupmode", BackupDisk.Scope.class),
                element.attribute("incremental"),
                element.attribute("exportname"),
                element.attribute("exportbitmap"),
                element.integer("index"));
    }

    private static @Nullable BackupStorage readStorage(XmlElement disk, Optional<XmlElement> place) {
        BackupStorage.Kind type = disk.constant("type", BackupStorage.Kind.class);
        // libvirt takes a disk without a type for one in a file.
        BackupStorage.Kind kind = type == null ? BackupStorage.Kind.FILE : type;
        if (kind == BackupStorage.Kind.FILE && place.isEmpty()) {
            return null;
        }
        return place.map(element -> element.as(here -> readStorage(here, kind)))
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
        return new BackupStorage(
                kind,
                element.required(kind == BackupStorage.Kind.FILE ? "file" : "dev"),
                labels,
                element.child("encryption")
                        .map(encryption -> encryption.as(BackupXml::readEncryption))
                        .orElse(null));
    }

    private static LuksEncryption readEncryption(XmlElement element) {
        XmlElement secret = element.child("secret").orElseThrow(() -> element.fail("the secret is missing"));
        String uuid = secret.attribute("uuid");
        return new LuksEncryption(
                uuid == null ? null : UUID.fromString(uuid),
                secret.attribute("usage"),
                element.attribute("engine"),
                element.child("cipher").map(BackupXml::readCipher).orElse(null),
                element.child("ivgen")
                        .map(ivgen -> new LuksEncryption.IvGenerator(ivgen.required("name"), ivgen.attribute("hash")))
                        .orElse(null));
    }

    private static LuksEncryption.Cipher readCipher(XmlElement element) {
        Integer size = element.integer("size");
        if (size == null) {
            throw element.fail("attribute 'size' is missing");
        }
        return new LuksEncryption.Cipher(
                element.required("name"), size, element.attribute("mode"), element.attribute("hash"));
    }
}
