// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.xml;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What we need to know of a domain, as its XML describes it.
 *
 * @param disks its disks, in order
 * @param nvram where its UEFI variables lie, or null for a domain without
 * @param tpm its emulated TPM, whose state is not in any disk, or null for a domain without
 * @param secrets the libvirt secrets that it refers to, each its UUID or {@code type:usage}, in alphabetical order
 */
public record DomainDescription(
        List<Disk> disks, @Nullable Place nvram, @Nullable Tpm tpm, List<String> secrets) {
    /** The type of the place of UEFI variables that QEMU keeps as JSON, since libvirt 12.1. */
    public static final String VARSTORE = "varstore";

    /**
     * An emulated TPM.
     *
     * @param version {@code 1.2} or {@code 2.0}; null if the XML does not say
     * @param state where its state lies if that is not where libvirt puts it by itself: a folder ({@code dir}) or a
     *     file; null otherwise
     * @param isEncrypted whether its state is encrypted
     */
    public record Tpm(@Nullable String version, @Nullable Place state, boolean isEncrypted) {
        private static Tpm of(XmlElement backend) {
            return new Tpm(
                    backend.attribute("version"),
                    backend.child("source")
                            .map(source -> Place.of(given(source, "type").orElse("file"), source))
                            .orElse(null),
                    backend.has("encryption"));
        }
    }

    /** Copies the lists. */
    public DomainDescription {
        disks = List.copyOf(disks);
        secrets = List.copyOf(secrets);
    }

    /**
     * Where something lies.
     *
     * @param type {@code file}, {@code block}, {@code network}, {@code volume} …
     * @param protocol how it is reached if it is on the network, else null
     * @param name its path or name there, of a volume {@code pool/volume}; null without one
     * @param hosts who serves it on the network, each {@code name}, {@code name:port} or the path of a socket
     */
    public record Place(
            String type,
            @Nullable String protocol,
            @Nullable String name,
            List<String> hosts) {
        private static final List<String> NAMES = List.of("file", "dev", "volume", "name", "dir", "path");

        /** Copies the list. */
        public Place {
            hosts = List.copyOf(hosts);
        }

        /** One that nobody on the network serves. */
        public Place(String type, @Nullable String protocol, @Nullable String name) {
            this(type, protocol, name, List.of());
        }

        /** The protocol and the name, {@code rbd:pool/image}, or the name alone; null if there is neither. */
        public @Nullable String fullName() {
            return protocol == null ? name : protocol + ":" + (name == null ? "" : name);
        }

        private static Place of(String type, XmlElement source) {
            String name = NAMES.stream()
                    .flatMap(attribute -> given(source, attribute).stream())
                    .findFirst()
                    .orElse(null);
            String pool = given(source, "pool").orElse(null);
            return new Place(
                    type,
                    source.attribute("protocol"),
                    pool == null ? name : pool + "/" + name,
                    source.children("host").stream().flatMap(Place::host).toList());
        }

        private static Stream<String> host(XmlElement host) {
            String port = given(host, "port").map(it -> ":" + it).orElse("");
            return given(host, "name").map(it -> it + port).or(() -> given(host, "socket")).stream();
        }
    }

    /**
     * How a disk is encrypted on its host ({@code <encryption>}).
     *
     * @param format libvirt's word for it, such as {@code luks}
     * @param secret the libvirt secret that opens it, by UUID or {@code type:usage}; null if none is named
     */
    public record Encryption(String format, @Nullable String secret) {
        /** Of the image that the guest writes to; if that is not encrypted, of the nearest one below it that is. */
        private static @Nullable Encryption of(XmlElement disk) {
            Optional<XmlElement> image = Optional.of(disk);
            while (image.isPresent()) {
                XmlElement here = image.get();
                Optional<XmlElement> found = here.child("source", "encryption").or(() -> here.child("encryption"));
                if (found.isPresent()) {
                    return new Encryption(
                            given(found.get(), "format").orElse("default"),
                            found.get()
                                    .child("secret")
                                    .map(DomainDescription::name)
                                    .orElse(null));
                }
                image = here.child("backingStore");
            }
            return null;
        }
    }

    /**
     * A disk.
     *
     * @param target the guest's name for it, such as {@code vda}
     * @param device {@code disk}, {@code cdrom}, {@code floppy} or {@code lun}
     * @param format its image's format, or null if the XML does not say
     * @param place where it lies
     * @param isEmpty whether there is nothing in it, such as no medium in a drive
     * @param isReadOnly whether the guest cannot write it
     * @param isShareable whether several domains may write it
     * @param isTransient whether its changes are thrown away when the guest stops
     * @param encryption how what lies there is encrypted, or one of the images below it; null if QEMU decrypts nothing
     */
    public record Disk(
            String target,
            String device,
            @Nullable String format,
            Place place,
            boolean isEmpty,
            boolean isReadOnly,
            boolean isShareable,
            boolean isTransient,
            @Nullable Encryption encryption) {
        /** A {@code <disk>}. */
        public static Disk of(XmlElement disk) {
            String type = given(disk, "type").orElse("file");
            Optional<Place> place = disk.child("source").map(source -> Place.of(type, source));
            boolean named = place.filter(it -> it.name != null).isPresent();
            return new Disk(
                    disk.child("target").flatMap(target -> given(target, "dev")).orElse(""),
                    given(disk, "device").orElse("disk"),
                    disk.child("driver")
                            .flatMap(driver -> given(driver, "type"))
                            .orElse(null),
                    place.orElse(new Place(type, null, null)),
                    place.isEmpty() || (!named && (type.equals("file") || type.equals("block"))),
                    disk.has("readonly"),
                    disk.has("shareable"),
                    disk.has("transient"),
                    Encryption.of(disk));
        }

        /** Whether what lies there is encrypted, or an image below it. */
        public boolean isEncrypted() {
            return encryption != null;
        }

        /** Whether it is a drive whose medium people change. */
        public boolean isRemovable() {
            return device.equals("cdrom") || device.equals("floppy");
        }
    }

    /**
     * Reads a {@code <domain>}.
     *
     * @throws IllegalArgumentException if it is something else; the message names line and column, or the element
     */
    public static DomainDescription parse(String xml) {
        return of(XmlElement.parse("domain XML", "domain", xml));
    }

    /** What a {@code <domain>} says. */
    public static DomainDescription of(XmlElement domain) {
        return new DomainDescription(
                domain.children("devices", "disk").stream().map(Disk::of).toList(),
                domain.child("os", "nvram")
                        .map(DomainDescription::nvram)
                        .or(() -> domain.child("os", "varstore")
                                .map(store -> new Place(
                                        VARSTORE, null, given(store, "path").orElse(null))))
                        .orElse(null),
                domain.children("devices", "tpm", "backend").stream()
                        .filter(backend -> "emulator".equals(backend.attribute("type")))
                        .map(Tpm::of)
                        .findFirst()
                        .orElse(null),
                secrets(domain));
    }

    /** Whether it has an emulated TPM. */
    public boolean keepsTpmState() {
        return tpm != null;
    }

    private static Place nvram(XmlElement nvram) {
        String type = given(nvram, "type").orElse("file");
        return nvram.child("source").map(source -> Place.of(type, source)).orElseGet(() -> {
            String path = nvram.text();
            return new Place(type, null, path.isEmpty() ? null : path);
        });
    }

    private static List<String> secrets(XmlElement domain) {
        Stream<String> ofDisks = domain.descendants("secret").stream().map(DomainDescription::name);
        Stream<String> ofTpm = domain.children("devices", "tpm", "backend", "encryption").stream()
                .flatMap(encryption -> given(encryption, "secret").stream());
        return Stream.concat(ofDisks, ofTpm).sorted().distinct().toList();
    }

    /** What names a secret: its UUID, or type and usage. */
    private static String name(XmlElement secret) {
        return given(secret, "uuid")
                .orElseGet(() -> given(secret, "type").orElse("") + ":"
                        + given(secret, "usage").orElse(""));
    }

    private static Optional<String> given(XmlElement element, String attribute) {
        return Optional.ofNullable(element.attribute(attribute)).filter(value -> !value.isEmpty());
    }
}
