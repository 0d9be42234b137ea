// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A QEMU guest that is nothing but firmware, under plain emulation and in 64 MiB: it finds nothing to boot and idles,
 * while the test writes to its disks through QEMU's monitor, as the guest would. Such writes pass through the same
 * block layer as a guest's own: dirty bitmaps see them, and a running backup keeps what they overwrite.
 *
 * <p>All methods block. They may be called from several threads; writes are made one after the other.
 *
 * @since 0.1
 */
public final class Guest implements AutoCloseable {
    /** QEMU takes the whole of a monitor's write into memory. */
    private static final long MOST_PER_WRITE = 64 << 20;

    /** The value of the libvirt secret of each encrypted disk. */
    public static final String PASSPHRASE = "open-sesame";

    /** libvirt writes to the guest's log too, with the time in front. */
    private static final Pattern LIBVIRT_LINE = Pattern.compile("\\d{4}-\\d\\d-\\d\\d ");

    private final Libvirtd libvirtd;
    private final Virsh virsh;
    private final String name;
    private final Map<String, Disk> disks;

    private record Disk(Path image, String format, String backend, boolean encrypted) {
        UUID secret() {
            return UUID.nameUUIDFromBytes(image.toString().getBytes(StandardCharsets.UTF_8));
        }

        /** libvirt takes both names of a secret. */
        String encryption() {
            String name = format.equals("raw") ? "usage='" + image + "'" : "uuid='" + secret() + "'";
            return encrypted ? "<encryption format='luks'><secret type='passphrase' " + name + "/></encryption>" : "";
        }

        /** How {@code qemu-img} opens it beside the guest. */
        List<String> opened() {
            if (!encrypted) {
                return List.of("-f", format, image.toString());
            }
            String options =
                    format.equals("raw") ? "driver=luks,key-secret=key" : "driver=qcow2,encrypt.key-secret=key";
            return List.of(
                    "--object",
                    "secret,id=key,data=" + PASSPHRASE,
                    "--image-opts",
                    options + ",file.filename=" + image);
        }
    }

    /** What to boot in place of nothing: files, the kernel's command line, and what it needs. */
    record Boot(Path kernel, Path initramfs, String commandLine, int memoryMiB) {}

    private Guest(Libvirtd libvirtd, String name, Map<String, Disk> disks) {
        this.libvirtd = libvirtd;
        this.virsh = new Virsh(libvirtd.unixUri());
        this.name = name;
        this.disks = disks;
    }

    /** Begins to describe a guest. Its name becomes part of file names. */
    public static Builder on(Libvirtd libvirtd, String name) {
        return new Builder(libvirtd, name);
    }

    /**
     * What a guest is made of.
     *
     * @since 0.1
     */
    public static final class Builder {
        private final Libvirtd libvirtd;
        private final String name;
        private final List<GuestDisk> disks = new ArrayList<>();
        private final List<String> devices = new ArrayList<>();
        private boolean uefi;
        private @Nullable Boot boot;

        private Builder(Libvirtd libvirtd, String name) {
            this.libvirtd = libvirtd;
            this.name = name;
        }

        /** Adds a disk: the first is vda, the next vdb, and so on. */
        public Builder disk(GuestDisk disk) {
            disks.add(disk);
            return this;
        }

        /** Adds a piece of XML to the guest's devices. */
        public Builder device(String xml) {
            devices.add(xml);
            return this;
        }

        /**
         * Gives it UEFI in place of a BIOS, and so an NVRAM file, {@link Guest#nvram}. The machine that runs libvirtd
         * needs Debian's package ovmf.
         */
        public Builder uefi() {
            uefi = true;
            return this;
        }

        /** Gives it something to boot. */
        Builder boot(Boot system) {
            boot = system;
            return this;
        }

        /** Makes the disks, in {@link Libvirtd#directory}, and the guest, which does not run yet. */
        public Guest define() {
            Path folder = libvirtd.directory().resolve("disks");
            Map<String, Disk> made = new LinkedHashMap<>();
            for (GuestDisk disk : disks) {
                String target = "vd" + (char) ('a' + made.size());
                String backend = "/machine/peripheral/virtio-disk" + made.size() + "/virtio-backend";
                made.put(
                        target,
                        new Disk(disk.create(folder, name + "-" + target), disk.format(), backend, disk.isEncrypted()));
            }
            Guest guest = new Guest(libvirtd, name, made);
            guest.defineSecrets();
            Path xml = folder.resolve(name + ".xml");
            try {
                Files.writeString(xml, guest.xml(devices, uefi, boot));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            guest.virsh.define(xml);
            return guest;
        }

        /** Makes the guest and starts it. */
        public Guest start() {
            Guest guest = define();
            guest.start();
            return guest;
        }
    }

    private String xml(List<String> devices, boolean uefi, @Nullable Boot boot) {
        String kernel = boot == null
                ? ""
                : "<kernel>%s</kernel><initrd>%s</initrd><cmdline>%s</cmdline>"
                        .formatted(boot.kernel, boot.initramfs, boot.commandLine);
        String os = uefi
                ? "<os firmware='efi'><type arch='x86_64' machine='q35'>hvm</type><nvram>%s</nvram>%s</os>"
                        .formatted(nvram(), kernel)
                : "<os><type arch='x86_64' machine='pc'>hvm</type>%s</os>".formatted(kernel);
        String diskXml = disks.entrySet().stream()
                .map(disk -> """
                            <disk type='file' device='disk'>
                              <driver name='qemu' type='%s' discard='unmap'/>
                              <source file='%s'>%s</source>
                              <target dev='%s' bus='virtio'/>
                            </disk>
                        """.formatted(
                                disk.getValue().format,
                                disk.getValue().image,
                                disk.getValue().encryption(),
                                disk.getKey()))
                .collect(Collectors.joining());
        return """
                <domain type='qemu'>
                  <name>%s</name>
                  <memory unit='MiB'>%d</memory>
                  <vcpu>1</vcpu>
                  %s
                  <features><acpi/></features>
                  <on_reboot>destroy</on_reboot>
                  <on_crash>destroy</on_crash>
                  <devices>
                %s%s    <controller type='usb' model='none'/>
                    <memballoon model='none'/>
                  </devices>
                </domain>
                """.formatted(name, boot == null ? 64 : boot.memoryMiB, os, diskXml, String.join("", devices));
    }

    private void defineSecrets() {
        for (Disk disk : disks.values()) {
            if (!disk.encrypted) {
                continue;
            }
            Path xml = disk.image.resolveSibling(disk.image.getFileName() + ".secret.xml");
            try {
                Files.writeString(xml, """
                        <secret private='yes'>
                          <uuid>%s</uuid>
                          <usage type='volume'><volume>%s</volume></usage>
                        </secret>
                        """.formatted(disk.secret(), disk.image));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            virsh.run("secret-define", xml.toString());
            String value = Base64.getEncoder().encodeToString(PASSPHRASE.getBytes(StandardCharsets.UTF_8));
            virsh.run("secret-set-value", disk.secret().toString(), value);
        }
    }

    /** The guest's name. */
    public String name() {
        return name;
    }

    /** The names of its disks, in order: vda, vdb … */
    public List<String> targets() {
        return List.copyOf(disks.keySet());
    }

    /** The image file of a disk. */
    public Path image(String target) {
        return disk(target).image;
    }

    /** Where the NVRAM of a guest with UEFI is. */
    public Path nvram() {
        return libvirtd.directory().resolve("disks").resolve(name + "-nvram.fd");
    }

    /** The state in virsh's words: {@code running}, {@code paused}, {@code shut off} … */
    public String state() {
        return virsh.state(name);
    }

    /** Starts the guest that was defined, destroyed or killed. */
    public void start() {
        virsh.start(name);
    }

    /** Stops its processor; its disks can still be written to. */
    public void pause() {
        virsh.suspend(name);
    }

    /** Lets its processor run again. */
    public void resume() {
        virsh.resume(name);
    }

    /** Ends it at once, in order as far as QEMU goes. */
    public void destroy() {
        virsh.destroy(name);
    }

    /** Kills its QEMU as {@code kill -9} does. */
    public void kill() {
        libvirtd.killGuest(name);
    }

    /** Writes one byte's value to a range of a disk of the running guest. */
    public void write(String target, long offset, long length, int value) {
        for (long done = 0; done < length; done += MOST_PER_WRITE) {
            long part = Math.min(MOST_PER_WRITE, length - done);
            io(target, "write -P " + (value & 0xff) + " " + (offset + done) + " " + part);
        }
    }

    /** Writes zeros to a range, the way a guest's WRITE ZEROES does. */
    public void zero(String target, long offset, long length) {
        io(target, "write -z " + offset + " " + length);
    }

    /** Discards a range, the way a guest's TRIM does. */
    public void discard(String target, long offset, long length) {
        io(target, "discard " + offset + " " + length);
    }

    /** Sends a command to QEMU's human monitor and returns what it answered. */
    public String monitor(String command) {
        return virsh.monitor(name, command);
    }

    /**
     * Copies what a disk of the guest holds now into a raw file: the truth that a backup has to match. Nothing
     * may write to the disk meanwhile.
     */
    public void copyDisk(String target, Path file) {
        Disk disk = disk(target);
        // QEMU keeps a qcow2 image's tables in memory for a while; only what is flushed can be seen from outside.
        if (!state().equals("shut off")) {
            io(target, "flush");
        }
        List<String> command = new ArrayList<>(List.of("qemu-img", "convert", "-U", "-q", "-O", "raw"));
        command.addAll(disk.opened());
        command.add(file.toString());
        Command.run(command);
    }

    /** Destroys and undefines the guest. Its images stay, until its libvirtd goes. */
    @Override
    public void close() {
        if (!state().equals("shut off")) {
            destroy();
        }
        virsh.undefine(name);
        disks.values().stream()
                .filter(Disk::encrypted)
                .forEach(disk -> virsh.run("secret-undefine", disk.secret().toString()));
    }

    /** The monitor does not say how it went; QEMU's standard output does, which is the guest's log. */
    private synchronized void io(String target, String command) {
        Path log = libvirtd.directory().resolve("log/qemu/" + name + ".log");
        try {
            long before = Files.size(log);
            monitor("qemu-io -d " + disk(target).backend + " \"" + command + "\"");
            byte[] all = Files.readAllBytes(log);
            String outcome = new String(all, (int) before, all.length - (int) before, StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !LIBVIRT_LINE.matcher(line).lookingAt())
                    .collect(Collectors.joining(" "));
            if (outcome.isEmpty() != command.equals("flush") || outcome.contains("failed")) {
                throw new TestkitException(name + ": " + target + ": " + command + ": " + outcome);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Disk disk(String target) {
        Disk disk = disks.get(target);
        if (disk == null) {
            throw new IllegalArgumentException("Guest " + name + " has no disk " + target + " but " + disks.keySet());
        }
        return disk;
    }
}
