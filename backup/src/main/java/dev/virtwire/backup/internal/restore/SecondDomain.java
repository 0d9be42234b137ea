// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.client.xml.XmlElement;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a domain's XML that of a second domain, which starts beside the first one. What libvirt chooses by itself is
 * left to libvirt. What it cannot choose, and only one domain can have, is dropped.
 */
final class SecondDomain {
    /** Interfaces whose other end is one device, one socket or one port of the host. */
    private static final Set<String> EXCLUSIVE_INTERFACES = Set.of("hostdev", "vhostuser", "vdpa", "server", "udp");

    private static final Set<String> CHARACTER_DEVICES = Set.of("serial", "parallel", "console", "channel");

    private final XmlElement domain;
    private final String first;
    private final String name;
    private final Consumer<String> informed;
    private final Consumer<String> warned;

    /**
     * Of {@code domain}, which is changed.
     *
     * @param name the second domain's name
     * @param informed is told what is different, and works as before
     * @param warned is told what the second domain lacks
     */
    SecondDomain(XmlElement domain, String name, Consumer<String> informed, Consumer<String> warned) {
        this.domain = domain;
        this.first = Optional.ofNullable(domain.childText("name")).orElse("the first domain");
        this.name = name;
        this.informed = informed;
        this.warned = warned;
    }

    /** Changes it. Its name and UUID are the caller's. */
    void free() {
        devices("interface").forEach(this::freeInterface);
        devices("graphics").forEach(this::freeGraphics);
        CHARACTER_DEVICES.stream()
                .sorted()
                .forEach(kind -> devices(kind).forEach(device -> freeCharacterDevice(kind, device)));
        devices("vsock").forEach(this::freeVsock);
        devices("tpm").forEach(this::freeTpm);
        devices("hostdev").forEach(this::freeHostDevice);
        devices("redirdev").forEach(device -> dropIfItListens(device, "a USB redirection"));
        devices("smartcard").forEach(device -> dropIfItListens(device, "a smartcard reader"));
        devices("rng")
                .forEach(device -> device.child("backend")
                        .filter(SecondDomain::listens)
                        .ifPresent(backend -> drop(device, "the random number generator that listens")));
        devices("input").forEach(this::freeInput);
        devices("lease").forEach(lease -> drop(lease, "the lease " + lease.childText("key")));
        devices("memory").forEach(this::freeMemory);
        devices("filesystem").forEach(this::freeFileSystem);
        devices("pstore").forEach(pstore -> pstore.removeChildren("path"));
        devices("audio").forEach(audio -> {
            if ("file".equals(audio.attribute("type"))) {
                audio.set("type", "none");
                audio.unset("path");
            }
        });
        if (!domain.descendants("qemu:arg").isEmpty()) {
            warned.accept(name + " has the QEMU options of " + first
                    + " (qemu:commandline): if they name a file, port or device that only one of the two can have, change"
                    + " them");
        }
    }

    private List<XmlElement> devices(String kind) {
        return domain.children("devices", kind);
    }

    private void drop(XmlElement device, String what) {
        device.remove();
        warned.accept(name + " does not have " + what + ", which only one domain can use, and " + first + " has it");
    }

    private void freeInterface(XmlElement device) {
        String type = String.valueOf(device.attribute("type"));
        if (EXCLUSIVE_INTERFACES.contains(type)) {
            String mac = device.child("mac").map(it -> it.attribute("address")).orElse("without an address");
            drop(device, "the network interface " + mac + " of type " + type);
            return;
        }
        device.removeChildren("mac");
        device.child("target").ifPresent(target -> {
            if ("no".equals(target.attribute("managed"))) {
                warned.accept(name + " has the network device " + target.attribute("dev") + ", as " + first
                        + " has: only one of the two can run");
            } else {
                target.remove();
            }
        });
        if (device.has("portForward")) {
            device.removeChildren("portForward");
            warned.accept("no port of the host is forwarded to " + name + ": " + first + " has these ports");
        }
        device.child("backend").ifPresent(backend -> backend.unset("logFile"));
        // Open vSwitch tells ports apart by it; libvirt makes a new one.
        device.child("virtualport", "parameters").ifPresent(parameters -> parameters.unset("interfaceid"));
    }

    private void freeGraphics(XmlElement graphics) {
        String type = String.valueOf(graphics.attribute("type")).toUpperCase(Locale.ROOT);
        Set<String> fixed = Set.of("port", "tlsPort", "websocket");
        boolean isFixed =
                fixed.stream().map(graphics::attribute).anyMatch(port -> port != null && !port.startsWith("-"));
        String socket = graphics.attribute("socket");
        graphics.unset("socket");
        for (XmlElement listen : graphics.children("listen")) {
            socket = listen.attribute("socket") == null ? socket : listen.attribute("socket");
            listen.unset("socket");
        }
        if (isFixed && !"yes".equals(graphics.attribute("autoport"))) {
            graphics.unset("port");
            graphics.unset("tlsPort");
            graphics.set("autoport", "yes");
        }
        if (isFixed && graphics.attribute("websocket") != null) {
            graphics.set("websocket", "-1");
        }
        if (isFixed || socket != null) {
            informed.accept("libvirt chooses where " + type + " of " + name + " listens: " + first + " has "
                    + (socket == null ? "a fixed port" : socket));
        }
    }

    private void freeCharacterDevice(String kind, XmlElement device) {
        // The first console is the first serial port once more, and libvirt copies that.
        boolean copy = kind.equals("console")
                && device.child("target")
                        .map(target -> target.attribute("type"))
                        .map(type -> type.equals("serial"))
                        .orElse(true)
                && !devices("serial").isEmpty();
        String what = label(kind, device);
        String place = place(device);
        device.child("log").ifPresent(log -> {
            log.remove();
            if (!copy) {
                warned.accept(what + " of " + name + " is not logged: " + first + " logs to " + log.attribute("file"));
            }
        });
        if (place == null) {
            return;
        }
        boolean named = kind.equals("channel")
                && device.child("target")
                        .map(target -> "virtio".equals(target.attribute("type")))
                        .orElse(false);
        device.set("type", named ? "unix" : "pty");
        device.removeChildren("source", "protocol");
        if (!copy && !place.contains("/channel/target/")) {
            (named ? informed : warned)
                    .accept(what + " of " + name + " is "
                            + (named ? "a socket that libvirt names" : "a pseudoterminal") + ": " + first + " has "
                            + place);
        }
    }

    private static String label(String kind, XmlElement device) {
        String name =
                device.child("target").map(target -> target.attribute("name")).orElse(null);
        String port =
                device.child("target").map(target -> target.attribute("port")).orElse(null);
        String number = name == null ? port : name;
        return (kind.equals("console") || kind.equals("channel") ? kind : kind + " port")
                + (number == null ? "" : " " + number);
    }

    /** What of the host only one domain can have at the other end, or null. */
    private static @Nullable String place(XmlElement device) {
        Optional<XmlElement> source = device.child("source");
        return switch (String.valueOf(device.attribute("type"))) {
            case "file", "pipe", "dev" -> source.map(it -> it.attribute("path")).orElse(null);
            case "unix", "tcp", "udp" ->
                device.children("source").stream()
                        .filter(it -> "bind".equals(it.attribute("mode")))
                        .map(SecondDomain::address)
                        .findFirst()
                        .orElse(null);
            default -> null;
        };
    }

    private static String address(XmlElement source) {
        String path = source.attribute("path");
        return path == null ? "port " + source.attribute("service") : path;
    }

    private static boolean listens(XmlElement device) {
        return place(device) != null;
    }

    private void dropIfItListens(XmlElement device, String what) {
        String place = place(device);
        if (place != null) {
            drop(device, what + " at " + place);
        }
    }

    private void freeVsock(XmlElement vsock) {
        vsock.child("cid").ifPresent(cid -> {
            if (!"yes".equals(cid.attribute("auto"))) {
                informed.accept("libvirt chooses the vsock address of " + name + ": " + first + " has "
                        + cid.attribute("address"));
            }
            cid.set("auto", "yes");
            cid.unset("address");
        });
    }

    private void freeTpm(XmlElement tpm) {
        tpm.child("backend").ifPresent(backend -> {
            if ("emulator".equals(backend.attribute("type"))) {
                backend.removeChildren("source");
            } else {
                drop(tpm, "the TPM of type " + backend.attribute("type"));
            }
        });
    }

    private void freeHostDevice(XmlElement device) {
        if ("capabilities".equals(device.attribute("mode")) || device.has("shareable")) {
            return;
        }
        drop(device, "the host's " + device.attribute("type") + " device " + sourceOf(device));
    }

    private static String sourceOf(XmlElement device) {
        Optional<XmlElement> address = device.child("source", "address");
        Optional<String> pci = address.filter(it -> it.attribute("slot") != null)
                .map(it -> "%s:%s:%s.%s"
                        .formatted(
                                hex(it.attribute("domain")),
                                hex(it.attribute("bus")),
                                hex(it.attribute("slot")),
                                hex(it.attribute("function"))));
        Optional<String> usb = device.child("source", "vendor")
                .map(vendor -> hex(vendor.attribute("id")) + ":"
                        + device.child("source", "product")
                                .map(product -> hex(product.attribute("id")))
                                .orElse("?"));
        Optional<String> other = address.map(it -> it.attribute("uuid"));
        return pci.or(() -> usb)
                .or(() -> other)
                .or(() -> device.child("source", "adapter").map(it -> it.attribute("name")))
                .orElse("that its definition names");
    }

    private static String hex(@Nullable String number) {
        return number == null ? "0" : number.replaceFirst("^0x", "");
    }

    private void freeInput(XmlElement input) {
        String type = String.valueOf(input.attribute("type"));
        if (type.equals("passthrough") || type.equals("evdev")) {
            String device = input.child("source")
                    .map(source ->
                            Optional.ofNullable(source.attribute("evdev")).orElse(source.attribute("dev")))
                    .orElse("");
            drop(input, "the host's input device " + device);
        }
    }

    private void freeMemory(XmlElement memory) {
        String path = memory.childText("source", "path");
        if (path != null) {
            drop(memory, "the memory that is kept in " + path);
        }
    }

    private void freeFileSystem(XmlElement shared) {
        shared.child("source").ifPresent(source -> {
            String socket = source.attribute("socket");
            if (socket != null) {
                drop(shared, "the shared folder at " + socket);
            } else if (!shared.has("readonly")) {
                informed.accept(name + " shares " + source.attribute("dir") + " of the host with " + first);
            }
        });
    }
}
